import Testing

/// Which rules may stand beside others.
@Suite struct EarlierRulesTests {
    /// Two rules that look for the same in the same places, with what else is said about them and the policy.
    private func problems(_ first: String, _ second: String, more: String = "", input: String = "ignore") -> [String] {
        let rules = [("a", first), ("b", second)].map { id, options in
            "{id: \(id), category: hate, match: {keywords: [x]}, \(options)}"
        }
        return errors(in: policyText(input: input, rules: "[\(rules.joined(separator: ",\n  "))]") + "\n" + more)
    }

    private let needless = ["6:8: rule 'b' is never needed: rule 'a' does the same"]

    @Test(arguments: [
        ("action: log", "action: log"), ("action: log, tags: [t, u]", "action: log, tags: [t]"),
        ("action: block", "action: block, response: template"),
        ("action: rewrite, rewrite: {redact: x}", "action: rewrite, rewrite: {redact: x}"),
    ])
    func oneThatDoesNothingElseIsRefused(first: String, second: String) {
        #expect(problems(first, second) == needless)
    }

    @Test(arguments: [
        // Something may require the tag.
        ("action: log", "action: log, tags: [t]"), ("action: log, tags: [t]", "action: log, tags: [t, u]"),
        ("action: rewrite, rewrite: {redact: x}", "action: rewrite, rewrite: {redact: y}"),
        ("action: rewrite", "action: rewrite, rewrite: {replace: y}"),
    ])
    func oneThatDoesSomethingElseMayStand(first: String, second: String) {
        #expect(problems(first, second) == [])
    }

    @Test(arguments: [
        "exclude: {rules: [a]}", "exclude: {rules: [t]}",
        "overrides: [{when: {model: m}, then: {exclude: {rules: [a]}}}]",
        "overrides: [{when: {model: m}, then: {exclude: {rules: [t]}}}]",
    ])
    func oneThatIsLeftOutMakesNoOtherNeedless(more: String) {
        #expect(problems("action: log, tags: [t]", "action: log", more: more) == [])
    }

    @Test func anotherThatIsLeftOutChangesNothing() {
        let more = "exclude: {rules: [b]}"
        #expect(problems("action: log", "action: log", more: more) == needless)
    }

    @Test func aRoleThatAnOverrideInspectsIsReached() {
        let override = "overrides: [{when: {model: m}, then: {input: {roles: [user, tool]}}}]"
        let (input, own) = ("{roles: [user], others: ignore}", "action: log, phases: [input], roles: [user]")
        let other = "action: block, phases: [input], roles: [tool]"
        #expect(problems(own, other, more: override, input: input) == [])
        #expect(
            problems(own, other, input: input) == ["6:8: rule 'b' is never reached: input inspects none of its roles"]
        )
    }
}
