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
    /// Tokens the model read; texts answered from the cache count none.
    package var tokens: Int
    /// The model's scores by segment, as the decision was made from them: see `Policy.decide`.
    package var assessments: [Assessment?]
    /// The highest scores of all texts; nil if the model scored none.
    package var scores: Assessment?
    /// Why the model gave no score, if it did not.
    package var failure: ClassifierError?
    package var rulesDuration: Duration
    package var modelDuration: Duration

    package init(
        phase: Phase,
        decision: Decision = Decision(),
        segments: [TextSegment] = [],
        unscanned: Int = 0,
        tokens: Int = 0,
        assessments: [Assessment?] = [],
        scores: Assessment? = nil,
        failure: ClassifierError? = nil,
        rulesDuration: Duration = .zero,
        modelDuration: Duration = .zero
    ) {
        self.phase = phase
        self.decision = decision
        self.segments = segments
        self.unscanned = unscanned
        self.tokens = tokens
        self.assessments = assessments
        self.scores = scores
        self.failure = failure
        self.rulesDuration = rulesDuration
        self.modelDuration = modelDuration
    }

    /// The action that is carried out: none in shadow mode.
    package var enforcedAction: Action? { decision.isShadow ? nil : decision.action }
}
