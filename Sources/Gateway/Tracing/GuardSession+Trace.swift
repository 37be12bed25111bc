import Audit
import ChatAPI
import Guard
import GuardCore
import NIOHTTP1
import Policy
import Proxy
import Tracing

extension GuardSession {
    /// The exchange as spans: itself, judging of both phases with rules and model within, the request to the LLM, and the
    /// writing of a safeguard response. They hold names, counts and decisions; no text and no score.
    func spans(_ trace: ExchangeTrace, _ summary: ExchangeSummary, _ record: AuditRecord, _ state: State) -> SpanBatch {
        var spans = SpanBatch()
        addExchange(to: &spans, trace, summary, record)
        if let input = state.input, let range = state.stages.input { addJudging(to: &spans, trace, input, range) }
        if let output = state.output, let range = state.stages.output { addJudging(to: &spans, trace, output, range) }
        if let start = state.stages.forwarded, let end = summary.upstreamEnd {
            // The proxy has a clock of its own, which stands still while the machine sleeps.
            let range = start..<max(start, trace.begin.advanced(by: end))
            addUpstream(to: &spans, trace, range, summary, record)
        }
        if let range = state.stages.safeguard, let response = record.response {
            spans.add(inner(trace, "safeguard", range)) {
                $0.text("guardian.response.origin", response.origin.rawValue)
                $0.text("guardian.category", response.category.rawValue)
                $0.number("guardian.tokens", record.tokens.generated ?? 0)
            }
        }
        return spans
    }

    /// The method; nil if it is none that the semantic conventions for HTTP spans know. Over HTTP/2 a caller may send any word for it,
    /// which is to be no name of anything.
    private var method: String? {
        switch head.method {
        case .GET, .HEAD, .POST, .PUT, .DELETE, .CONNECT, .OPTIONS, .TRACE, .PATCH: head.method.rawValue
        default: nil
        }
    }

    /// What a span is called by the method.
    private var methodName: String { method ?? "HTTP" }

    private func addExchange(
        to spans: inout SpanBatch,
        _ trace: ExchangeTrace,
        _ summary: ExchangeSummary,
        _ record: AuditRecord
    ) {
        let span = Span(
            traceID: trace.traceID,
            id: trace.span,
            parent: trace.parent,
            state: trace.state,
            name: record.route.map { methodName + " " + $0 } ?? methodName,
            kind: .server,
            start: trace.nanoseconds(trace.begin),
            end: trace.nanoseconds(trace.begin.advanced(by: summary.duration)),
            // An error of the caller's own is none of the server's (semantic conventions for HTTP spans).
            isError: (record.status ?? 500) >= 500
        )
        spans.add(span) {
            $0.text("http.request.method", method ?? "_OTHER")
            $0.text("url.scheme", client.isTLS ? "https" : "http")
            $0.text("network.protocol.version", client.version.major == 2 ? "2" : "1.1")
            $0.text("guardian.request_id", record.requestID)
            $0.text("guardian.outcome", record.outcome.rawValue)
            $0.text("guardian.policy", record.policy.name)
            if let route = record.route { $0.text("http.route", route) }
            if let status = record.status { $0.number("http.response.status_code", status) }
            if let error = record.error { $0.text("error.type", error) }
        }
    }

    private func addJudging(
        to spans: inout SpanBatch,
        _ trace: ExchangeTrace,
        _ inspection: Inspection,
        _ range: Range<ContinuousClock.Instant>
    ) {
        let decision = inspection.decision
        var outer = inner(trace, inspection.phase == .input ? "guard input" : "guard output", range)
        outer.isError = inspection.failure != nil
        spans.add(outer) {
            $0.text("guardian.phase", inspection.phase.rawValue)
            $0.text("guardian.action", decision.action?.rawValue ?? "allow")
            $0.flag("guardian.enforced", !decision.isShadow)
            $0.number("guardian.segments", inspection.segments.count)
            if !decision.categories.isEmpty {
                $0.texts("guardian.categories", decision.categories.map(\.rawValue))
            }
            if let failure = inspection.failure { $0.text("error.type", failure.word) }
        }
        let middle = range.lowerBound.advanced(by: inspection.rulesDuration)
        var rules = inner(trace, "rules", range.lowerBound..<max(range.lowerBound, middle))
        rules.parent = outer.id
        spans.add(rules)
        // Where no category asks for the model it has no part in it.
        guard inspection.scores != nil || inspection.failure != nil else { return }
        var model = inner(trace, "model", middle..<max(middle, range.upperBound))
        model.parent = outer.id
        spans.add(model) { $0.number("guardian.tokens", inspection.tokens) }
    }

    /// The request to the LLM, by the semantic conventions for generative AI.
    private func addUpstream(
        to spans: inout SpanBatch,
        _ trace: ExchangeTrace,
        _ range: Range<ContinuousClock.Instant>,
        _ summary: ExchangeSummary,
        _ record: AuditRecord
    ) {
        let operation = GenerativeOperation(dialect: record.dialect)
        let failure = Self.upstreamFailure(summary)
        let name = operation?.name ?? methodName
        let span = Span(
            traceID: trace.traceID,
            id: trace.upstreamSpan,
            parent: trace.span,
            state: trace.state,
            name: record.model.map { name + " " + $0 } ?? name,
            kind: .client,
            start: trace.nanoseconds(range.lowerBound),
            end: trace.nanoseconds(range.upperBound),
            isError: failure != nil
        )
        spans.add(span) {
            if let operation {
                $0.text("gen_ai.operation.name", operation.name)
                $0.text("gen_ai.provider.name", operation.provider)
            }
            if let model = record.model { $0.text("gen_ai.request.model", model) }
            if let tokens = record.tokens.prompt { $0.number("gen_ai.usage.input_tokens", tokens) }
            if let tokens = record.tokens.completion { $0.number("gen_ai.usage.output_tokens", tokens) }
            let servers = environment.configuration.upstream.servers
            if servers.count == 1, let server = servers.first {
                $0.text("server.address", server.host)
                $0.number("server.port", server.port)
            }
            if let first = summary.upstreamFirstByte {
                $0.decimal("guardian.first_byte_ms", Double(first.nanoseconds) / 1e6)
            }
            if let failure { $0.text("error.type", failure) }
        }
    }

    /// Why the request to the LLM failed; nil if it did not. As long as there is no answer, an error of the gateway's own ended
    /// this request too, such as one for want of a connection; behind its answer, such an error is none of it.
    private static func upstreamFailure(_ summary: ExchangeSummary) -> String? {
        switch (summary.fault, summary.upstreamStatus) {
        case (.upstream, _), (.proxy, nil): summary.error ?? "_OTHER"
        case (_, let status?) where status >= 400: String(status)
        default: nil
        }
    }

    private func inner(_ trace: ExchangeTrace, _ name: String, _ range: Range<ContinuousClock.Instant>) -> Span {
        Span(
            traceID: trace.traceID,
            parent: trace.span,
            state: trace.state,
            name: name,
            start: trace.nanoseconds(range.lowerBound),
            end: trace.nanoseconds(range.upperBound)
        )
    }
}

/// A dialect in the words of OpenTelemetry's semantic conventions for generative AI.
struct GenerativeOperation: Equatable {
    var name: String
    var provider: String

    /// - Parameter dialect: as audit records name it; nil for what asks no model.
    init?(dialect: String?) {
        switch dialect {
        case "openai.chat", "openai.responses": self.init("chat", "openai")
        case "openai.completions": self.init("text_completion", "openai")
        case "openai.embeddings": self.init("embeddings", "openai")
        case "anthropic.messages": self.init("chat", "anthropic")
        case "gemini.generate": self.init("generate_content", "gcp.gemini")
        case "ollama.chat": self.init("chat", "ollama")
        case "ollama.generate": self.init("text_completion", "ollama")
        default: return nil
        }
    }

    private init(_ name: String, _ provider: String) {
        self.name = name
        self.provider = provider
    }
}
