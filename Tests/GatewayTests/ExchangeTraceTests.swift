import NIOHTTP1
import Testing
import Tracing

@testable import Gateway

@Suite struct ExchangeTraceTests {
    private static let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    @Test func `a caller's trace is gone on with, its share whatever is set here`() throws {
        let headers: HTTPHeaders = ["TraceParent": Self.parent, "tracestate": "a=1", "Tracestate": "b=2"]
        let trace = ExchangeTrace(headers: headers, share: 0)
        #expect("\(trace.traceID)" == "4bf92f3577b34da6a3ce929d0e0e4736" && trace.isSampled)
        #expect(trace.parent.map(\.description) == "00f067aa0ba902b7" && trace.state == "a=1,b=2")
        let quiet = ExchangeTrace(headers: ["traceparent": String(Self.parent.dropLast()) + "0"], share: 1)
        #expect(!quiet.isSampled)
    }

    @Test func `the upstream is told of the request's span, once`() throws {
        let headers: HTTPHeaders = ["traceparent": Self.parent, "tracestate": "a=1", "tracestate": "b=2", "x": "y"]
        let trace = ExchangeTrace(headers: headers, share: 1)
        var sent = headers
        trace.mark(&sent)
        #expect(sent["traceparent"] == ["00-\(trace.traceID)-\(trace.upstreamSpan)-01"])
        #expect(sent["tracestate"] == ["a=1,b=2"] && sent["x"] == ["y"])
        #expect(trace.upstreamSpan != trace.span)
    }

    @Test func `a state without a valid parent goes no further`() {
        for parents in [[], ["nonsense"], [Self.parent, Self.parent]] {
            var headers: HTTPHeaders = ["tracestate": "a=1"]
            for parent in parents { headers.add(name: "traceparent", value: parent) }
            let trace = ExchangeTrace(headers: headers, share: 0)
            #expect(trace.parent == nil && !trace.isSampled)
            trace.mark(&headers)
            #expect(headers["traceparent"].count == 1 && headers["tracestate"].isEmpty)
        }
    }

    @Test func `times go on from the wall clock`() {
        let trace = ExchangeTrace(headers: [:], share: 1)
        let begin = trace.nanoseconds(trace.begin)
        #expect(begin > 1_700_000_000_000_000_000)
        #expect(trace.nanoseconds(trace.begin.advanced(by: .milliseconds(3))) == begin + 3_000_000)
    }

    @Test(arguments: [
        ("openai.chat", "chat", "openai"), ("openai.completions", "text_completion", "openai"),
        ("openai.embeddings", "embeddings", "openai"), ("anthropic.messages", "chat", "anthropic"),
        ("gemini.generate", "generate_content", "gcp.gemini"), ("ollama.generate", "text_completion", "ollama"),
    ])
    func `dialects have the conventions' names`(dialect: String, name: String, provider: String) {
        let operation = GenerativeOperation(dialect: dialect)
        #expect(operation?.name == name && operation?.provider == provider)
    }

    @Test(arguments: [nil, "openai.models", "openai.moderations", "anthropic.count_tokens", ""])
    func `what asks no model has no operation`(dialect: String?) {
        #expect(GenerativeOperation(dialect: dialect) == nil)
    }
}
