import GuardCore
import Policy
import Testing

@Suite struct PolicyOverrideTests {
    private func pattern(_ route: String? = nil, _ model: String? = nil, _ tenant: String? = nil) -> ScopePattern {
        func words(_ text: String?) -> [WordPattern] { text.map { [WordPattern($0)] } ?? [] }
        return ScopePattern(routes: words(route), models: words(model), tenants: words(tenant))
    }

    private func override(_ when: ScopePattern, threshold: Double) -> PolicyOverride {
        let change = PhasePatch.Change.set(CategoryPatch(threshold: threshold))
        return PolicyOverride(
            name: "\(threshold)",
            when: when,
            then: PolicyPatch(input: PhasePatch(categories: [.hate: change]))
        )
    }

    private func policy(_ overrides: [PolicyOverride]) -> Policy {
        Policy(
            name: "test",
            input: PhasePolicy(categories: [.hate: CategoryPolicy(threshold: 0.9, action: .block)]),
            overrides: overrides
        )
    }

    private static let scope = RequestScope(
        routes: ["/v1/messages", "anthropic.messages"],
        model: "m-1",
        tenant: "blue"
    )

    @Test(arguments: [
        ("a", "a", true), ("a", "ab", false), ("*", "", true), ("*", "anything", true), ("a*", "ab", true),
        ("a*", "ba", false), ("*b", "ab", true), ("a*b*c", "abc", true), ("a*b*c", "a-b-c", true),
        ("a*b*c", "acb", false), ("a*a", "a", false), ("aa*aa", "aaa", false), ("**", "x", true), ("a**b", "ab", true),
        ("A", "a", false), ("*b*b", "ab", false), ("*b*b", "abb", true), ("", "", true), ("", "a", false),
    ])
    func aStarStandsForAnyCharacters(pattern: String, word: String, fits: Bool) {
        #expect(WordPattern(pattern).fits(word) == fits)
    }

    @Test func everythingThatIsSaidHasToFit() {
        #expect(pattern("anthropic.*", "m-*", "blue").fits(Self.scope))
        #expect(!pattern("anthropic.*", "m-*", "red").fits(Self.scope))
        #expect(!pattern(nil, "m-1").fits(RequestScope(routes: ["/"])))
        #expect(ScopePattern(models: [WordPattern("x"), WordPattern("m-1")]).fits(Self.scope))
    }

    /// What counts more stands first in each list.
    @Test func theMostSpecificCountsMostAndThenTheOrderOfTheFile() {
        let ascending = [
            pattern(nil, "m-*"), pattern(nil, "m-1"), pattern("/v1/*", "m-*"), pattern("/v1/*", "m-1"),
            pattern("/v1/messages", "m-1"), pattern("/v1/*", "m-*", "b*"), pattern("/v1/messages", "m-1", "blue"),
        ]
        let policy = policy(ascending.enumerated().map { override($1, threshold: Double($0) / 10) })
        #expect(policy.overrides(for: Self.scope) == Array(ascending.indices.reversed()))
        let equal = self.policy([
            override(pattern(nil, "m-1"), threshold: 0.1), override(pattern(nil, nil, "blue"), threshold: 0.2),
        ])
        #expect(equal.overrides(for: Self.scope) == [0, 1])
        #expect(equal.policy(for: Self.scope).input.categories[.hate]?.threshold == 0.1)
    }

    @Test func allThatFitHoldTogetherWhereTheyDoNotDisagree() {
        var narrow = override(pattern(nil, "m-1"), threshold: 0.5)
        narrow.then.mode = .shadow
        var wide = override(pattern(nil, "m-*"), threshold: 0.1)
        wide.then.stream = StreamPatch(mode: .full)
        let result = policy([wide, narrow]).policy(for: Self.scope)
        #expect(result.input.categories[.hate] == CategoryPolicy(threshold: 0.5, action: .block))
        #expect(result.mode == .shadow)
        #expect(result.stream.mode == .full)
    }

    @Test func whatAWideOverrideIgnoresANarrowOneJudgesAsThePolicyItselfDoes() {
        let wide = PhasePatch(overall: .ignored, categories: [.hate: .ignored])
        let narrow = PhasePatch(
            overall: .set(CategoryPatch(threshold: 0.3)),
            categories: [.hate: .set(CategoryPatch(threshold: 0.2))]
        )
        var policy = policy([
            PolicyOverride(name: "wide", when: pattern(nil, "m-*"), then: PolicyPatch(input: wide)),
            PolicyOverride(name: "narrow", when: pattern(nil, "m-*", "blue"), then: PolicyPatch(input: narrow)),
        ])
        policy.input.overall = .own(CategoryPolicy(threshold: 0.9, action: .block, response: .template))
        let few = policy.policy(for: Self.scope).input
        #expect(few.categories[.hate] == CategoryPolicy(threshold: 0.2, action: .block))
        #expect(few.overall == .own(CategoryPolicy(threshold: 0.3, action: .block, response: .template)))
        let many = policy.policy(for: RequestScope(model: "m-1")).input
        #expect(many.categories.isEmpty)
        #expect(many.overall == nil)
    }

    @Test func whatANarrowOverrideIgnoresIsNotJudgedWhateverAWideOneSays() {
        let ignoring = PolicyPatch(input: PhasePatch(categories: [.hate: .ignored]))
        let policy = policy([
            override(pattern(nil, "m-*"), threshold: 0.1),
            PolicyOverride(name: "narrow", when: pattern(nil, "m-1"), then: ignoring),
        ])
        #expect(policy.policy(for: Self.scope).input.categories.isEmpty)
    }

    @Test func nothingChangesForOtherRequests() {
        let policy = policy([override(pattern(nil, "m-2"), threshold: 0.1)])
        #expect(policy.policy(for: Self.scope) == policy)
    }

    @Test func anotherActionBringsItsFailureMode() {
        let blocking = CategoryPolicy(threshold: 0.9, action: .block)
        #expect(CategoryPatch(action: .log).applied(to: blocking)?.failureMode == .open)
        #expect(CategoryPatch(threshold: 0.1).applied(to: blocking)?.failureMode == .closed)
        #expect(CategoryPatch(action: .log, failureMode: .closed).applied(to: blocking)?.failureMode == .closed)
        #expect(CategoryPatch(threshold: 0.1).applied(to: nil) == nil)
    }

    @Test func overallHarmKeepsWhatIsNotSaid() {
        let own = OverallPolicy.own(CategoryPolicy(threshold: 0.9, action: .block, response: .template))
        func changed(_ overall: OverallPolicy?, by patch: CategoryPatch) -> OverallPolicy? {
            PhasePatch(overall: .set(patch)).applied(to: PhasePolicy(overall: overall)).overall
        }
        #expect(
            changed(own, by: CategoryPatch(threshold: 0.97))
                == .own(CategoryPolicy(threshold: 0.97, action: .block, response: .template))
        )
        #expect(
            changed(own, by: CategoryPatch(action: .log))
                == .own(CategoryPolicy(threshold: 0.9, action: .log, response: .template))
        )
        let likeliest = OverallPolicy.likeliestCategory(threshold: 0.9)
        #expect(changed(likeliest, by: CategoryPatch(threshold: 0.97)) == .likeliestCategory(threshold: 0.97))
        #expect(
            changed(likeliest, by: CategoryPatch(action: .log)) == .own(CategoryPolicy(threshold: 0.9, action: .log))
        )
        #expect(changed(nil, by: CategoryPatch(threshold: 0.97)) == .likeliestCategory(threshold: 0.97))
        #expect(changed(nil, by: CategoryPatch(action: .log)) == nil)
    }

    @Test func theActionThatOneOverrideGivesOverallHarmHoldsBesideTheThresholdOfAnother() {
        func changing(_ when: ScopePattern, _ patch: CategoryPatch) -> PolicyOverride {
            PolicyOverride(name: "", when: when, then: PolicyPatch(input: PhasePatch(overall: .set(patch))))
        }
        var policy = policy([
            changing(pattern(nil, "m-1"), CategoryPatch(threshold: 0.97)),
            changing(pattern(nil, "m-*"), CategoryPatch(action: .block)),
        ])
        policy.input.overall = .own(CategoryPolicy(threshold: 0.9, action: .log))
        let result = policy.policy(for: Self.scope)
        #expect(result.input.overall == .own(CategoryPolicy(threshold: 0.97, action: .block)))
    }

    @Test func aCategoryCanBeIgnoredAndARuleLeftOut() {
        var policy = policy([
            PolicyOverride(
                name: "a",
                when: pattern(nil, "m-1"),
                then: PolicyPatch(input: PhasePatch(categories: [.hate: .ignored]), excludedRules: ["r"])
            )
        ])
        policy.rules = [Rule(id: "r", category: .hate, matchers: [.keyword("a")], action: .log)]
        let result = policy.policy(for: Self.scope)
        #expect(result.input.categories.isEmpty)
        #expect(result.rules.isEmpty)
    }
}
