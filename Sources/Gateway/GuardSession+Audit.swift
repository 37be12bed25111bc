import Audit
import ChatAPI
import Foundation
import Guard
import GuardCore
import NIOCore
import NIOHTTP1
import Policy
import Proxy
import Synchronization
import TLS
import Tracing

extension GuardSession {
    func finish(_ summary: ExchangeSummary) {
        environment.metrics.count(summary)
        guard !state.withLock({ $0.isUnrecorded }) else { return environment.pendingRecords.end() }
        noteStreamed()
        let (background, candidate, observedBytes, bodyBytes, isInWindow) = state.withLock {
            ($0.background, $0.candidate, $0.observed?.readableBytes ?? 0, $0.bodyBytes, $0.isInWindow)
        }
        let isObserved = observedBytes > 0
        if !isObserved {
            if !isInWindow { endPassing() }
            settleTokens(summary)
        }
        guard background != nil || isObserved || candidate != nil else {
            record(summary)
            return environment.pendingRecords.end()
        }
        let isJudged = candidate != nil || isObserved && pipeline.judges(.output)
        // What came packed, or did not go out, takes room by what it is.
        let size = max(summary.requestBytes, bodyBytes) + max(summary.responseBytes, observedBytes)
        let room = environment.judgingRoom
        let hasRoom = !isJudged || room.take(size)
        // Shadow mode, or a candidate: the record waits for the judging, the exchange did not.
        Task(priority: background == nil && !isObserved ? .utility : nil) {
            // Nor does the caller's next request, which may go on from this answer and has the tokens that it left.
            var answer = isObserved ? readObserved() : nil
            if isObserved {
                endPassing()
                settleTokens(summary)
            }
            if let segments = answer?.segments, !hasRoom, pipeline.judges(.output) {
                state.withLock { $0.leave(segments, in: .output) }
                answer = nil
            }
            if let background { note(await background.value) }
            if let answer { await judgeObserved(answer) }
            if candidate != nil, !hasRoom { countUnasked() }
            record(summary, candidate: hasRoom ? candidate : nil)
            if isJudged, hasRoom { room.giveBack(size) }
            environment.pendingRecords.end()
        }
    }

    /// Reads an answer that was observed, and notes what is known of it; nil if it cannot be read.
    private func readObserved() -> (any DialectAnswer)? {
        let (observed, isStream) = state.withLock { state in
            // What was read is not kept twice while it waits to be judged.
            defer { state.observed = nil }
            return (state.observed, state.isEventStream)
        }
        guard let observed, let answer = try? read(observed, isStream: isStream, requiresEnd: false).answer else {
            state.withLock {
                $0.unreadable[.output, default: 0] += 1
                $0.passed.insert(.output)
            }
            return nil
        }
        noteAnswer(answer)
        return answer
    }

    private func judgeObserved(_ answer: any DialectAnswer) async {
        guard pipeline.judges(.output) else {
            state.withLock { _ = $0.passed.insert(.output) }
            return
        }
        let deadline = ContinuousClock.now + environment.configuration.model.timeout
        note(
            await pipeline.inspect(
                answer.segments,
                phase: .output,
                context: asked,
                queries: queries(of: answer),
                sampling: sampling,
                deadline: deadline
            )
        )
    }

    /// Counts what was decided without the candidate, for which there was no room.
    private func countUnasked() {
        for inspection in state.withLock({ [$0.input, $0.output] }).compactMap({ $0 }) {
            environment.metrics.count(candidate: nil, live: inspection.decision, phase: inspection.phase)
        }
    }

    private func record(_ summary: ExchangeSummary, candidate: CandidateJudge? = nil) {
        let state = state.withLock { $0 }
        let pipeline = state.pipeline
        let inspections = [state.input, state.output].compactMap { $0 }
        for phase in Phase.allCases {
            let bodyBytes = phase == .input ? summary.requestBytes : summary.responseBytes
            let inspection = inspections.first { $0.phase == phase }
            environment.metrics.countUnscanned(
                (inspection?.unscanned ?? 0) + (state.unreadable[phase] ?? 0),
                phase: phase
            )
            environment.metrics.countBytes(
                scanned: inspection?.scannedBytes ?? 0,
                unscanned: state.passed.contains(phase) ? bodyBytes : state.unscannedBytes(inspection, in: phase),
                phase: phase
            )
        }
        let record = AuditRecord(
            time: time,
            requestID: client.requestID,
            traceID: (trace?.traceID ?? ExchangeTrace.context(of: head.headers)?.traceID)?.description,
            spanID: trace?.span.description,
            tenant: tenant,
            caller: (try? identity.get())?.caller?.name,
            policy: .init(name: pipeline.policy.name, digest: pipeline.policy.digest),
            modelDigest: environment.modelDigest,
            mode: pipeline.policy.mode.rawValue,
            route: endpoint.map { Self.route(of: head.uri, $0) },
            dialect: endpoint?.name,
            model: state.request?.modelForRecords,
            isStream: state.request?.isStream ?? false,
            input: state.input.map { phaseRecord($0, state) },
            output: state.output.map { phaseRecord($0, state) },
            response: state.response,
            outcome: outcome(of: summary, state),
            status: summary.status,
            fault: summary.fault?.rawValue ?? state.error.map { $0.status < 500 ? "client" : $0.fault },
            error: summary.error ?? state.error.map { $0.code ?? $0.type },
            durations: durations(summary, inspections, safeguard: state.stages.safeguard),
            tokens: .init(
                judged: inspections.isEmpty ? nil : inspections.map(\.tokens).reduce(0, +),
                generated: state.generatedTokens,
                prompt: state.usage?.prompt,
                completion: state.usage?.completion
            ),
            bytes: .init(request: summary.requestBytes, response: summary.responseBytes),
            candidate: candidate.map { candidateRecord($0, input: state.input, output: state.output) },
            content: content(inspections, state)
        )
        environment.audit.record(record)
        if let trace, trace.isSampled { environment.spans?.record(spans(trace, summary, record, state)) }
    }

    /// The texts, if they are to be recorded: sealed where the operator named a reader. What cannot be sealed is not recorded.
    private func content(_ inspections: [Inspection], _ state: State) -> AuditRecord.Content? {
        switch environment.configuration.audit.content {
        case .none: return nil
        case .all: break
        case .found(let wanted):
            // A category that the model could not judge was decided about, and not found.
            let found = inspections.flatMap(\.decision.findings).filter { $0.source != .failure }
            guard found.contains(where: { wanted.contains($0.category) }) else { return nil }
        }
        let content = AuditRecord.Content(
            input: state.input?.segments.map(\.text) ?? [],
            output: state.output?.segments.map(\.text) ?? []
        )
        guard let sealer = environment.sealer?.current else { return content }
        guard let sealed = try? sealer.seal(AuditEncoder.content(content)) else { return nil }
        return AuditRecord.Content(sealed: Data(sealed).base64EncodedString())
    }

    /// What the candidate makes of what was judged.
    private func candidateRecord(
        _ candidate: CandidateJudge,
        input: Inspection?,
        output: Inspection?
    ) -> AuditRecord.CandidateRecord {
        func record(_ inspection: Inspection?) -> AuditRecord.PhaseRecord? {
            guard let inspection else { return nil }
            let decision = candidate.decision(about: inspection, sampling: sampling)
            environment.metrics.count(candidate: decision, live: inspection.decision, phase: inspection.phase)
            return AuditRecord.PhaseRecord(
                action: decision.action,
                categories: decision.categories,
                findings: decision.findings,
                segmentsScanned: inspection.segments.count,
                segmentsUnscanned: inspection.unscanned
            )
        }
        return AuditRecord.CandidateRecord(
            policy: .init(name: candidate.policy.name, digest: candidate.policy.digest),
            input: record(input),
            output: record(output)
        )
    }

    private func phaseRecord(_ inspection: Inspection, _ state: State) -> AuditRecord.PhaseRecord {
        let unreadable = state.unreadable[inspection.phase] ?? 0
        return AuditRecord.PhaseRecord(
            action: inspection.decision.action,
            categories: inspection.decision.categories,
            findings: inspection.decision.findings,
            scores: inspection.scores,
            failure: inspection.failure?.word,
            views: inspection.views,
            segmentsScanned: inspection.segments.count,
            segmentsUnscanned: inspection.unscanned + unreadable,
            bytesScanned: inspection.scannedBytes,
            bytesUnscanned: state.unscannedBytes(inspection, in: inspection.phase)
        )
    }

    private func durations(
        _ summary: ExchangeSummary,
        _ inspections: [Inspection],
        safeguard: Range<ContinuousClock.Instant>?
    ) -> AuditRecord.Durations {
        let safeguard = safeguard.map { $0.lowerBound.duration(to: $0.upperBound) }
        let rules = inspections.map(\.rulesDuration).reduce(.zero, +)
        let model = inspections.map(\.modelDuration).reduce(.zero, +)
        // A streamed answer is judged while it comes, in shadow mode everything is: stages may overlap.
        let rest =
            summary.duration - rules - model - (summary.upstreamDuration ?? .zero) - (safeguard ?? .zero)
        return .init(
            rules: inspections.isEmpty ? nil : rules,
            model: inspections.isEmpty ? nil : model,
            upstreamFirstByte: summary.upstreamFirstByte,
            upstream: summary.upstreamDuration,
            safeguard: safeguard,
            proxy: max(.zero, rest),
            total: summary.duration
        )
    }

    private func outcome(of summary: ExchangeSummary, _ state: State) -> AuditRecord.Outcome {
        if summary.status == 499 { return .abandoned }
        if state.response != nil { return .safeguarded }
        if let error = state.error {
            if error.code == Self.withheldCode { return .safeguarded }
            return error.status < 500 ? .refused : .failed
        }
        switch summary.fault {
        case .client: return summary.isAbandoned ? .abandoned : .refused
        case .upstream, .proxy: return .failed
        case nil: break
        }
        if case .moderations = endpoint { return .local }
        return .answered
    }

    /// The path with the caller's words in it replaced: a path of a known endpoint holds a model's name at the most.
    private static func route(of path: String, _ endpoint: Endpoint) -> String {
        let path = path[..<(path.utf8.firstIndex(of: UInt8(ascii: "?")) ?? path.endIndex)]
        for prefix in ["/v1beta/models/", "/v1/models/"] where path.hasPrefix(prefix) {
            let operation = path.dropFirst(prefix.count).lastIndex(of: ":").map { String(path[$0...]) } ?? ""
            if case .guarded = endpoint { return "\(prefix){model}\(operation)" }
            return "\(prefix){model}"
        }
        return String(path)
    }
}

extension ChatAPIError {
    /// Whose fault a server error is, in the audit's words.
    fileprivate var fault: String { status == 502 || status == 504 ? "upstream" : "proxy" }
}
