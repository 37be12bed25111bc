extension Policy {
    /// The same policy without anything that the model's scores decide: what its rules do alone.
    package var rulesOnly: Policy {
        var policy = self
        policy.input.categories = [:]
        policy.input.overall = nil
        policy.output.categories = [:]
        policy.output.overall = nil
        return policy
    }
}
