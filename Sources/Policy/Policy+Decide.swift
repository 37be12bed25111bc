package import GuardCore

extension Policy {
    /// The pure function from what was seen to what is done.
    ///
    /// - Parameters:
    ///   - phase: where the texts were seen.
    ///   - segments: the inspected texts, in the order that findings index.
    ///   - assessments: the model's scores per segment; nil where the model was asked and could not judge.
    ///     An empty array means that the model was not asked.
    ///   - matches: where rules matched.
    package func decide(
        phase: Phase,
        segments: [TextSegment],
        assessments: [Assessment?],
        matches: [RuleMatch]
    ) -> Decision {
        Decision(isShadow: mode == .shadow)
    }
}
