package import GuardCore
package import Policy
package import Rules

/// What a policy would have decided about exchanges that were judged by another, from what was recorded of them.
///
/// The model is not asked: its scores were recorded, the highest of all texts of a phase, so that an exchange is judged as one
/// text. Rules are run where the texts were recorded, but for those that read some roles only: whose a text was is not in the
/// record. These, and all where no texts were recorded, count where one of their id matched then, and the log cannot tell of
/// those that did not exist. So do matches across the borders of texts, if there still are some: which of them are parts of one
/// turn is not in the record either. What is recorded for a share of the requests is found in the same ones again.
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
        /// Whether the model could not judge it, or not all of it.
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

    /// With rules that read everybody's words: the one text that is decided about is nobody's and everybody's.
    private let policy: Policy
    private let ruleSet: RuleSet
    /// Whose words the rules read, by id; those that read everybody's are left out.
    private let readers: [String: Set<Role>]

    /// - Parameter rules: the policy's rules, compiled.
    package init(policy: Policy, rules: RuleSet) {
        let everybody = Set(Role.allCases)
        var (unbound, readers) = (policy, [String: Set<Role>]())
        for (index, rule) in policy.rules.enumerated() where rule.roles != everybody {
            readers[rule.id] = rule.roles
            unbound.rules[index].roles = everybody
        }
        self.policy = unbound
        self.readers = readers
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
        var matched = entry.rules
        if let texts = entry.texts {
            let segments = texts.enumerated().map { TextSegment(path: "/\($0)", role: role, turn: $0, text: $1) }
            // A rule that reads all the words that the phase inspects needs not know whose they are.
            let bound = Set(readers.filter { !$0.value.isSuperset(of: roles) }.keys)
            let alone = ruleSet.matches(in: segments, phase: entry.phase)
            var found = Set(alone.map(\.ruleID))
            // Parts of one turn are read together, and what matched then may stand in several of them.
            let missing = matched.subtracting(found).subtracting(bound)
            if policy.rules.contains(where: { missing.contains($0.id) }) {
                let joined = JoinedRules.matches(
                    of: ruleSet,
                    in: segments,
                    turns: [TurnText(members: Array(segments.indices), role: role, turn: 0)],
                    phase: entry.phase,
                    beside: alone
                )
                found.formUnion(missing.intersection(joined.map(\.ruleID)))
            }
            matched = found.subtracting(bound).union(matched.intersection(bound))
        }
        return policy.decide(
            phase: entry.phase,
            segments: [TextSegment(path: "", role: role, turn: 0, text: "")],
            assessments: needsScores ? [entry.scores] : [],
            matches: matched.sorted().map { RuleMatch(ruleID: $0, segment: 0, span: 0..<0) },
            sampling: Sampling(requestID: entry.requestID)
        )
    }
}
