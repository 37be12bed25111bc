import Audit
import ChatAPI
import Guard
import GuardCore
import NIOCore
import Policy
import Proxy
import Synchronization

extension GuardSession {
    func finish(_ summary: ExchangeSummary) {
        environment.metrics.count(summary)
        let (background, candidate) = state.withLock { ($0.background, $0.candidate) }
        guard background != nil || hasObserved || candidate != nil else {
            record(summary)
            return
        }
        // Shadow mode, or a candidate: the record waits for the judging, the exchange did not.
        Task(priority: background == nil && !hasObserved ? .utility : nil) {
            if let background { note(await background.value) }
            if hasObserved { await judgeObserved() }
            record(summary, candidate: candidate)
        }
    }

    private var hasObserved: Bool { state.withLock { ($0.observed?.readableBytes ?? 0) > 0 } }

    private func judgeObserved() async {
        let (observed, isStream) = state.withLock { ($0.observed, $0.isEventStream) }
        guard let observed, observed.readableBytes > 0,
            let answer = try? answer(of: observed, isStream: isStream, requiresEnd: false)
        else {
            state.withLock { $0.unreadable[.output, default: 0] += 1 }
            return
        }
        noteAnswer(answer)
        let deadline = ContinuousClock.now + environment.configuration.model.timeout
        note(
            await pipeline.inspect(
                answer.segments,
                phase: .output,
                context: asked,
                sampling: sampling,
                deadline: deadline
            )
        )
    }

    private func record(_ summary: ExchangeSummary, candidate: CandidateJudge? = nil) {
        let state = state.withLock { $0 }
        let pipeline = state.pipeline
        let inspections = [state.input, state.output].compactMap { $0 }
        for phase in Phase.allCases {
            let ignored = inspections.first { $0.phase == phase }?.unscanned ?? 0
            environment.metrics.countUnscanned(ignored + (state.unreadable[phase] ?? 0), phase: phase)
        }
        let record = AuditRecord(
            time: time,
            requestID: client.requestID,
            policy: .init(name: pipeline.policy.name, digest: pipeline.policy.digest),
            mode: pipeline.policy.mode.rawValue,
            dialect: endpoint?.name,
            model: state.request?.modelForRecords,
            isStream: state.request?.isStream ?? false,
            input: state.input.map { phaseRecord($0, unreadable: state.unreadable[.input] ?? 0) },
            output: state.output.map { phaseRecord($0, unreadable: state.unreadable[.output] ?? 0) },
            response: state.response,
            status: summary.status,
            fault: summary.fault?.rawValue ?? state.error.map { $0.status < 500 ? "client" : $0.fault },
            error: summary.error ?? state.error.map { $0.code ?? $0.type },
            durations: .init(
                rules: inspections.isEmpty ? nil : inspections.map(\.rulesDuration).reduce(.zero, +),
                model: inspections.isEmpty ? nil : inspections.map(\.modelDuration).reduce(.zero, +),
                upstream: summary.upstreamDuration,
                total: summary.duration
            ),
            tokens: .init(
                judged: inspections.isEmpty ? nil : inspections.map(\.tokens).reduce(0, +),
                generated: state.generatedTokens,
                prompt: state.usage?.prompt,
                completion: state.usage?.completion
            ),
            bytes: .init(request: summary.requestBytes, response: summary.responseBytes),
            candidate: candidate.map { candidateRecord($0, input: state.input, output: state.output) },
            content: environment.configuration.audit.includesContent
                ? .init(
                    input: state.input?.segments.map(\.text) ?? [],
                    output: state.output?.segments.map(\.text) ?? []
                ) : nil
        )
        environment.audit.record(record)
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

    private func phaseRecord(_ inspection: Inspection, unreadable: Int) -> AuditRecord.PhaseRecord {
        AuditRecord.PhaseRecord(
            action: inspection.decision.action,
            categories: inspection.decision.categories,
            findings: inspection.decision.findings,
            segmentsScanned: inspection.segments.count,
            segmentsUnscanned: inspection.unscanned + unreadable,
            scores: inspection.scores
        )
    }
}

extension ChatAPIError {
    /// Whose fault a server error is, in the audit's words.
    fileprivate var fault: String { status == 502 || status == 504 ? "upstream" : "proxy" }
}
