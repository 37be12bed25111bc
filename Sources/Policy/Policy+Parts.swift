package import GuardCore

extension Policy {
    /// Whether anything in a phase can end in more than a record. If not, nobody has to wait for the decision.
    package func acts(in phase: Phase) -> Bool {
        let policy = self[phase]
        guard policy.media == .pass else { return true }
        var actions = policy.categories.values.map(\.action)
        actions += rules.filter { $0.phases.contains(phase) }.map(\.action)
        if case .own(let overall) = policy.overall { actions.append(overall.action) }
        if let anomaly = policy.anomaly { actions.append(anomaly.action) }
        return actions.contains { $0 > .log }
    }

    /// Whether anything in a phase is decided by the model's scores. If not, nobody has to ask for them.
    package func needsScores(in phase: Phase) -> Bool {
        let policy = self[phase]
        return !policy.categories.isEmpty || policy.overall != nil
            || rules.contains { $0.phases.contains(phase) && !$0.requiredScores.isEmpty }
    }

    /// The categories that a text of a request may have been found in without its record saying so, whatever its scores are: what finds
    /// them is recorded for a share of the requests, and this is none of them. Overall harm is recorded under any of them.
    package func unrecordedCategories(in phase: Phase, of sampling: Sampling) -> Set<HarmCategory> {
        func isLeftOut(_ action: Action, _ sample: Double) -> Bool { action == .log && !sampling.includes(sample) }
        let policy = self[phase]
        if case .own(let overall) = policy.overall, isLeftOut(overall.action, overall.sample) {
            return Set(HarmCategory.allCases)
        }
        let judged = policy.categories.filter { isLeftOut($0.value.action, $0.value.sample) }
        let ruled = rules.filter { $0.phases.contains(phase) && isLeftOut($0.action, $0.sample) }
        return Set(judged.keys).union(ruled.map(\.category))
    }

    /// Whether something about an answer can only be decided once all of it is there. What adds up, and what asks for or takes back
    /// one another, may stand too far apart for any window of a stream to hold both.
    package var needsWholeAnswers: Bool {
        if let anomaly = output.anomaly, anomaly.action > .log { return true }
        let acting = output.categories.filter { $0.value.action > .log }
        if acting.values.contains(where: { !$0.requiredRules.isEmpty }) { return true }
        if case .own(let overall) = output.overall, overall.action > .log, !overall.requiredRules.isEmpty {
            return true
        }
        return rules.contains { rule in
            guard rule.phases.contains(.output) else { return false }
            return (rule.action > .log && !rule.requiredScores.isEmpty) || !rule.vetoes.isDisjoint(with: acting.keys)
        }
    }

    /// The same policy without anything that the model's scores decide: what its rules do alone, those that require a score among them.
    package var rulesOnly: Policy {
        var policy = self
        for index in policy.rules.indices { policy.rules[index].requiredScores = [:] }
        policy.input.categories = [:]
        policy.input.overall = nil
        policy.output.categories = [:]
        policy.output.overall = nil
        for index in policy.overrides.indices {
            let (input, output) = (policy.overrides[index].then.input, policy.overrides[index].then.output)
            policy.overrides[index].then.input = PhasePatch(roles: input.roles, media: input.media)
            policy.overrides[index].then.output = PhasePatch(roles: output.roles, media: output.media)
        }
        return policy
    }
}
