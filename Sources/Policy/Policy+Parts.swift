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
