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
    func spans(_ trace: ExchangeTrace, _ summary: ExchangeSummary, _ record: AuditRecord, _ state: State) -> [Span] {
        var spans = [exchangeSpan(trace, summary, record)]
        for inspection in [state.input, state.output].compactMap({ $0 }) {
            let range = inspection.phase == .input ? state.stages.input : state.stages.output
            if let range { spans += judging(trace, inspection, range) }
        }
        if let start = state.stages.forwarded, let duration = summary.upstreamDuration {
            spans.append(upstreamSpan(trace, start..<start.advanced(by: duration), summary, record))
        }
        if let range = state.stages.safeguard, let response = record.response {
            let attributes: [Span.Attribute] = [
                .init("guardian.response.origin", .text(response.origin.rawValue)),
                .init("guardian.category", .text(response.category.rawValue)),
                .init("guardian.tokens", .number(record.tokens.generated ?? 0)),
            ]
            spans.append(inner(trace, "safeguard", range, attributes))
        }
        return spans
    }

    private func exchangeSpan(_ trace: ExchangeTrace, _ summary: ExchangeSummary, _ record: AuditRecord) -> Span {
        var attributes: [Span.Attribute] = [
            .init("http.request.method", .text(head.method.rawValue)),
            .init("url.scheme", .text(client.isTLS ? "https" : "http")),
            .init("network.protocol.version", .text(client.version.major == 2 ? "2" : "1.1")),
            .init("guardian.request_id", .text(record.requestID)),
            .init("guardian.outcome", .text(record.outcome.rawValue)),
            .init("guardian.policy", .text(record.policy.name)),
        ]
        if let route = record.route { attributes.append(.init("http.route", .text(route))) }
        if let status = record.status { attributes.append(.init("http.response.status_code", .number(status))) }
        if let error = record.error { attributes.append(.init("error.type", .text(error))) }
        return Span(
            traceID: trace.traceID,
            id: trace.span,
            parent: trace.parent,
            state: trace.state,
            name: record.route.map { "\(head.method.rawValue) \($0)" } ?? head.method.rawValue,
            kind: .server,
            start: trace.nanoseconds(trace.begin),
            end: trace.nanoseconds(trace.begin.advanced(by: summary.duration)),
            attributes: attributes,
            // An error of the caller's own is none of the server's (semantic conventions for HTTP spans).
            isError: (record.status ?? 500) >= 500
        )
    }

    private func judging(
        _ trace: ExchangeTrace,
        _ inspection: Inspection,
        _ range: Range<ContinuousClock.Instant>
    ) -> [Span] {
        let decision = inspection.decision
        var attributes: [Span.Attribute] = [
            .init("guardian.phase", .text(inspection.phase.rawValue)),
            .init("guardian.action", .text(decision.action?.rawValue ?? "allow")),
            .init("guardian.enforced", .flag(!decision.isShadow)),
            .init("guardian.segments", .number(inspection.segments.count)),
        ]
        if !decision.categories.isEmpty {
            attributes.append(.init("guardian.categories", .texts(decision.categories.map(\.rawValue))))
        }
        if let failure = inspection.failure { attributes.append(.init("error.type", .text(failure.word))) }
        var outer = inner(trace, "guard \(inspection.phase.rawValue)", range, attributes)
        outer.isError = inspection.failure != nil
        let middle = range.lowerBound.advanced(by: inspection.rulesDuration)
        var rules = inner(trace, "rules", range.lowerBound..<max(range.lowerBound, middle))
        var model = inner(
            trace,
            "model",
            middle..<max(middle, range.upperBound),
            [.init("guardian.tokens", .number(inspection.tokens))]
        )
        rules.parent = outer.id
        model.parent = outer.id
        // Where no category asks for the model it has no part in it.
        let isModelAsked = inspection.scores != nil || inspection.failure != nil
        return isModelAsked ? [outer, rules, model] : [outer, rules]
    }

    /// The request to the LLM, by the semantic conventions for generative AI.
    private func upstreamSpan(
        _ trace: ExchangeTrace,
        _ range: Range<ContinuousClock.Instant>,
        _ summary: ExchangeSummary,
        _ record: AuditRecord
    ) -> Span {
        let operation = GenerativeOperation(dialect: record.dialect)
        var attributes: [Span.Attribute] = []
        if let operation {
            attributes.append(.init("gen_ai.operation.name", .text(operation.name)))
            attributes.append(.init("gen_ai.provider.name", .text(operation.provider)))
        }
        if let model = record.model { attributes.append(.init("gen_ai.request.model", .text(model))) }
        if let tokens = record.tokens.prompt {
            attributes.append(.init("gen_ai.usage.input_tokens", .number(tokens)))
        }
        if let tokens = record.tokens.completion {
            attributes.append(.init("gen_ai.usage.output_tokens", .number(tokens)))
        }
        let servers = environment.configuration.upstream.servers
        if servers.count == 1, let server = servers.first {
            attributes.append(.init("server.address", .text(server.host)))
            attributes.append(.init("server.port", .number(server.port)))
        }
        if let first = summary.upstreamFirstByte {
            attributes.append(.init("guardian.first_byte_ms", .decimal(Double(first.nanoseconds) / 1e6)))
        }
        let isFailed = summary.fault == .upstream
        if isFailed { attributes.append(.init("error.type", .text(summary.error ?? "_OTHER"))) }
        let name = [operation?.name ?? head.method.rawValue, record.model].compactMap { $0 }.joined(separator: " ")
        return Span(
            traceID: trace.traceID,
            id: trace.upstreamSpan,
            parent: trace.span,
            state: trace.state,
            name: name,
            kind: .client,
            start: trace.nanoseconds(range.lowerBound),
            end: trace.nanoseconds(range.upperBound),
            attributes: attributes,
            isError: isFailed
        )
    }

    private func inner(
        _ trace: ExchangeTrace,
        _ name: String,
        _ range: Range<ContinuousClock.Instant>,
        _ attributes: [Span.Attribute] = []
    ) -> Span {
        Span(
            traceID: trace.traceID,
            parent: trace.span,
            state: trace.state,
            name: name,
            start: trace.nanoseconds(range.lowerBound),
            end: trace.nanoseconds(range.upperBound),
            attributes: attributes
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
