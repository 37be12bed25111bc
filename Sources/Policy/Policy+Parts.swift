extension Policy {
    /// The same policy without anything that the model's scores decide: what its rules do alone.
    package var rulesOnly: Policy {
        var policy = self
        policy.input.categories = [:]
        policy.input.overall = nil
        policy.output.categories = [:]
        policy.output.overall = nil
        for index in policy.overrides.indices {
            policy.overrides[index].then.input = PhasePatch(roles: policy.overrides[index].then.input.roles)
            policy.overrides[index].then.output = PhasePatch(roles: policy.overrides[index].then.output.roles)
        }
        return policy
    }
}
