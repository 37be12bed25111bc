import GuardCore
package import Policy
package import Rules

/// Judges by another policy what was judged already, from the same scores: the model is not asked again.
///
/// Texts that the policy in force does not inspect are not judged, and those that it did not have scored have no score.
package struct CandidateJudge: Sendable {
    package let policy: Policy
    private let rules: RuleSet

    /// - Parameter rules: the policy's rules, compiled.
    package init(policy: Policy, rules: RuleSet) {
        self.policy = policy
        self.rules = rules
    }

    /// The same for requests that an override of the policy is about.
    package func under(_ policy: Policy) -> CandidateJudge { CandidateJudge(policy: policy, rules: rules) }

    package func decision(about inspection: Inspection, sampling: Sampling? = nil) -> Decision {
        let phase = inspection.phase
        let chosen = inspection.segments.indices.filter {
            policy[phase].roles.contains(inspection.segments[$0].role)
        }
        let segments = chosen.map { inspection.segments[$0] }
        let turns = TurnText.grouping(segments)
        let alone = rules.matches(in: segments, phase: phase)
        let matches =
            alone + JoinedRules.matches(of: rules, in: segments, turns: turns, phase: phase, beside: alone)
        // An empty list means that the model was not asked: its failure is none of the candidate's.
        let assessments = inspection.assessments.isEmpty ? [] : chosen.map { inspection.assessments[$0] }
        return policy.decide(
            phase: phase,
            segments: segments,
            assessments: assessments,
            matches: matches,
            sampling: sampling
        )
    }
}
