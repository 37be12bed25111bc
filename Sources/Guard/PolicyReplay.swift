package import GuardCore
package import Policy
package import Rules

/// What a policy would have decided about exchanges that were judged by another, from what was recorded of them.
///
/// The model is not asked: its scores were recorded, the highest of all texts of a phase, so that an exchange is judged as one
/// text. Rules are run where the texts were recorded; elsewhere a rule counts where one of its id matched then, and the log
/// cannot tell of rules that did not exist. What is recorded for a share of the requests is found in the same ones again.
package struct PolicyReplay: Sendable {
    /// One phase of an exchange as it was recorded.
    package struct Entry: Sendable {
        package var requestID: String
        package var phase: Phase
        package var scope: RequestScope
        /// Nil is allow.
        package var action: Action?
        /// Nil if the model gave none.
        package var scores: Assessment?
        /// Rules that matched.
        package var rules: Set<String>
        /// Whether it was decided because the model could not judge.
        package var isFailure: Bool
        /// Nil where they were not recorded.
        package var texts: [String]?

        package init(
            requestID: String,
            phase: Phase,
            scope: RequestScope,
            action: Action?,
            scores: Assessment?,
            rules: Set<String> = [],
            isFailure: Bool = false,
            texts: [String]? = nil
        ) {
            self.requestID = requestID
            self.phase = phase
            self.scope = scope
            self.action = action
            self.scores = scores
            self.rules = rules
            self.isFailure = isFailure
            self.texts = texts
        }
    }

    private let policy: Policy
    private let ruleSet: RuleSet

    /// - Parameter rules: the policy's rules, compiled.
    package init(policy: Policy, rules: RuleSet) {
        self.policy = policy
        ruleSet = rules
    }

    /// - Returns: nil if too little was recorded to tell: the model failed then, or its scores are not in the record.
    package func decision(about entry: Entry) -> Decision? {
        let policy = policy.policy(for: entry.scope)
        let judged = policy[entry.phase]
        let needsScores = policy.needsScores(in: entry.phase)
        guard !entry.isFailure, !needsScores || entry.scores != nil else { return nil }
        let roles = judged.roles
        let spoken: Role = entry.phase == .input ? .user : .assistant
        guard let role = roles.contains(spoken) ? spoken : Role.allCases.first(where: roles.contains) else {
            return Decision()
        }
        let texts = entry.texts.map { $0.isEmpty ? [""] : $0 } ?? [""]
        let segments = texts.enumerated().map { TextSegment(path: "/\($0)", role: role, turn: $0, text: $1) }
        let matches: [RuleMatch]
        if entry.texts != nil {
            matches = ruleSet.matches(in: segments, phase: entry.phase)
        } else {
            matches = entry.rules.sorted().map { RuleMatch(ruleID: $0, segment: 0, span: 0..<0) }
        }
        return policy.decide(
            phase: entry.phase,
            segments: segments,
            assessments: needsScores ? segments.map { _ in entry.scores } : [],
            matches: matches,
            sampling: Sampling(requestID: entry.requestID)
        )
    }
}
