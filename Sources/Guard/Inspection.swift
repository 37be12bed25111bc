package import GuardCore
package import Policy

/// What the guard saw and decided about one phase of an exchange, for acting on and for the record.
package struct Inspection: Sendable {
    package var phase: Phase
    package var decision: Decision
    /// The texts that were judged, in the order that the decision's findings and edits index.
    package var segments: [TextSegment]
    /// Texts the policy told the guard not to read: their role is not inspected in this phase.
    package var unscanned: Int
    /// UTF-8 bytes of those.
    package var unscannedBytes: Int
    /// The readings of the texts that were looked at, as words: `raw`, `canonical`, the names of encodings.
    package var views: [String]
    /// Tokens the model read; texts answered from the cache count none.
    package var tokens: Int
    /// The model's scores by segment, as the decision was made from them: see `Policy.decide`.
    package var assessments: [Assessment?]
    /// The highest scores of all texts; nil if the model scored none. Beside a failure they are of those that it did score.
    package var scores: Assessment?
    /// Why the model gave no score, or not all of them.
    package var failure: ClassifierError?
    package var rulesDuration: Duration
    package var modelDuration: Duration
    /// When the judging was over.
    package var judgedAt: ContinuousClock.Instant

    package init(
        phase: Phase,
        decision: Decision = Decision(),
        segments: [TextSegment] = [],
        unscanned: Int = 0,
        unscannedBytes: Int = 0,
        views: [String] = [],
        tokens: Int = 0,
        assessments: [Assessment?] = [],
        scores: Assessment? = nil,
        failure: ClassifierError? = nil,
        rulesDuration: Duration = .zero,
        modelDuration: Duration = .zero,
        judgedAt: ContinuousClock.Instant = .now
    ) {
        self.phase = phase
        self.decision = decision
        self.segments = segments
        self.unscanned = unscanned
        self.unscannedBytes = unscannedBytes
        self.views = views
        self.tokens = tokens
        self.assessments = assessments
        self.scores = scores
        self.failure = failure
        self.rulesDuration = rulesDuration
        self.modelDuration = modelDuration
        self.judgedAt = judgedAt
    }

    /// UTF-8 bytes of the texts that were judged.
    package var scannedBytes: Int { segments.reduce(0) { $0 + $1.text.utf8.count } }

    /// The inspection with what another of the same phase took beside it.
    package func adding(costOf other: Inspection) -> Inspection {
        var sum = self
        sum.tokens += other.tokens
        sum.rulesDuration += other.rulesDuration
        sum.modelDuration += other.modelDuration
        return sum
    }

    /// The inspection without what the model did not come to, where the judging was called off because nobody waits for it any
    /// more: that is no failure, and nothing was decided for want of a score. What was found stands, for the record alone.
    package var calledOff: Inspection {
        guard failure != nil else { return self }
        var rest = self
        rest.failure = nil
        rest.assessments = []
        rest.scores = nil
        let findings = decision.findings.filter { $0.source != .failure }
        rest.decision = Decision(
            action: findings.map(\.action).max(),
            findings: findings,
            isShadow: decision.isShadow
        )
        return rest
    }

    /// The action that is carried out: none in shadow mode.
    package var enforcedAction: Action? { decision.isShadow ? nil : decision.action }
}
