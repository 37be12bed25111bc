import GuardCore
import Policy
import PolicyLanguage
import Testing

@Suite struct OverridesTests {
    private static func text(_ overrides: String, more: String = "") -> String {
        """
        version: 1
        name: test
        input: {categories: {hate: {threshold: 0.9, action: block}}, others: ignore}
        output: ignore
        rules: [{id: a, tags: [t], category: privacy, match: {keywords: [x]}, action: log}]
        \(more)
        overrides: \(overrides)
        """
    }

    @Test func readsEveryKey() throws {
        let policy = try loader.load(
            text: Self.text(
                """

                  - name: the blue team
                    when: {route: "/v1/*", model: [m-1, m-2], tenant: blue}
                    then:
                      mode: shadow
                      input:
                        roles: [user]
                        media: refuse
                        overall: {threshold: 0.5}
                        categories: {hate: {threshold: 0.4}, weapons: {threshold: 0.3, action: log}}
                      output: ignore
                      stream: {tokens: 8}
                      exclude: {rules: [t]}
                """
            ),
            file: "test.yaml"
        )
        let when = ScopePattern(
            routes: [WordPattern("/v1/*")],
            models: [WordPattern("m-1"), WordPattern("m-2")],
            tenants: [WordPattern("blue")]
        )
        var output = PhasePatch(overall: .ignored)
        for category in HarmCategory.allCases { output.categories[category] = .ignored }
        let then = PolicyPatch(
            mode: .shadow,
            input: PhasePatch(
                roles: [.user],
                overall: .set(CategoryPatch(threshold: 0.5)),
                media: .refuse,
                categories: [
                    .hate: .set(CategoryPatch(threshold: 0.4)),
                    .weapons: .set(CategoryPatch(threshold: 0.3, action: .log)),
                ]
            ),
            output: output,
            stream: StreamPatch(tokens: 8),
            excludedRules: ["a"]
        )
        #expect(policy.overrides == [PolicyOverride(name: "the blue team", when: when, then: then)])
    }

    @Test(arguments: [
        ("{}", "7:12: 'overrides' must be a list, not a mapping"),
        ("[]", "7:12: 'overrides' is empty"),
        ("[{when: {model: a}}]", "7:13: an override has no 'then'"),
        ("[{then: {mode: shadow}}]", "7:13: an override has no 'when'"),
        ("[{when: {}, then: {mode: shadow}}]", "7:20: 'when' says nothing"),
        ("[{when: {user: a}, then: {mode: shadow}}]", "7:21: unknown key 'user' in 'when'"),
        ("[{when: {model: [a, a]}, then: {mode: shadow}}]", "7:32: 'a' is given twice in 'model'"),
        ("[{when: {model: '*********'}, then: {mode: shadow}}]", "7:28: model has more than 8 '*'"),
        ("[{when: {model: a}, then: {}}]", "7:38: 'then' changes nothing"),
        ("[{when: {model: a}, then: {mode: enforce}}]", "7:38: 'then' changes nothing"),
        ("[{when: {model: a}, then: {rules: []}}]", "7:39: unknown key 'rules' in 'then'"),
        (
            "[{when: {model: a}, then: {input: {defaults: {}}}}]",
            "7:47: unknown key 'defaults' in 'input' of 'then'"
        ),
        (
            "[{when: {model: a}, then: {input: {categories: {weapons: {threshold: 0.1}}}}}]",
            "7:69: 'weapons' is not judged outside of this override"
        ),
        (
            "[{when: {model: a}, then: {input: {others: {threshold: 0.1}}}}]",
            "7:55: 'others' is not judged outside of this override"
        ),
        (
            "[{when: {model: a}, then: {output: {others: {threshold: 0.1, action: rewrite}}}}]",
            "7:56: 'others' cannot steer an answer that is already written"
        ),
        (
            "[{when: {model: a}, then: {stream: {mode: full, tokens: 8}}}]",
            "7:68: 'tokens' has no effect in mode 'full'"
        ),
        (
            "[{when: {model: a}, then: {exclude: {rules: [b]}}}]",
            "7:57: no rule has the id or tag 'b'"
        ),
        (
            "[{when: {model: a}, then: {exclude: {categories: [hate]}}}]",
            "7:61: no rule is of the category 'hate'"
        ),
        (
            "[{when: {model: a}, then: {mode: shadow}}, {when: {model: a}, then: {output: ignore, mode: shadow}}]",
            "7:55: this override never wins"
        ),
    ])
    func tellsWhatIsWrongAndWhere(overrides: String, expected: String) {
        #expect(errors(in: Self.text(overrides)) == [expected])
    }

    @Test(arguments: [
        ("{threshold: 0.97}", CategoryPolicy(threshold: 0.97, action: .block, response: .template)),
        ("{response: generated}", CategoryPolicy(threshold: 0.9, action: .block)),
        ("{action: log}", CategoryPolicy(threshold: 0.9, action: .log, response: .template)),
    ])
    func overallHarmKeepsWhatAnOverrideDoesNotSay(change: String, expected: CategoryPolicy) throws {
        let base = "{overall: {threshold: 0.9, action: block, response: template}, "
        let text = Self.text("[{when: {model: m}, then: {input: {overall: \(change)}}}]")
            .replacing("\ninput: {", with: "\ninput: \(base)")
        let policy = try loader.load(text: text, file: "test.yaml").policy(for: RequestScope(model: "m"))
        #expect(policy.input.overall == .own(expected))
    }

    @Test(arguments: ["ignore", "{categories: {hate: ignore}}", "{others: ignore}"])
    func whatAWideOverrideIgnoresANarrowOneJudges(input: String) throws {
        let text = Self.text(
            """
            [{when: {model: "code-*"}, then: {input: \(input)}},
             {when: {model: "code-*", tenant: schools}, then: {input: {categories: {hate: {threshold: 0.2}}}}}]
            """
        )
        let policy = try loader.load(text: text, file: "test.yaml")
        let few = policy.policy(for: RequestScope(model: "code-1", tenant: "schools"))
        #expect(few.input.categories == [.hate: CategoryPolicy(threshold: 0.2, action: .block)])
        #expect(policy.policy(for: RequestScope(model: "code-1")).input.categories.isEmpty)
    }

    @Test func rulesCanBeLeftOutForAll() throws {
        let override = "[{when: {model: m}, then: {mode: shadow}}]"
        func rules(_ exclude: String) throws -> [String] {
            try loader.load(text: Self.text(override, more: "exclude: \(exclude)"), file: "test.yaml").rules.map(\.id)
        }
        #expect(try rules("{rules: [a]}").isEmpty)
        #expect(try rules("{rules: [t]}").isEmpty)
        #expect(try rules("{categories: [privacy]}").isEmpty)
    }

    @Test func theExplanationShowsWhatCountsForARequest() throws {
        let policy = try loader.load(
            text: Self.text(
                """
                [{when: {model: "m-*"}, then: {input: {categories: {hate: {threshold: 0.5}}}}},
                 {name: narrow, when: {model: m-1, tenant: blue}, then: {input: {categories: {hate: {threshold: 0.2}}}}}]
                """
            ),
            file: "test.yaml"
        )
        let whole = PolicyExplanation(policy)
        #expect(whole.overrides.map(\.name) == ["narrow", "1"])
        #expect(
            whole.description.hasSuffix(
                """
                overrides: where two of those that fit a request disagree, the upper one counts
                  narrow: model m-1, tenant blue
                    ~ input.hate.threshold: 0.9 -> 0.2  (more texts reach it)
                  1: model m-*
                    ~ input.hate.threshold: 0.9 -> 0.5  (more texts reach it)
                """
            )
        )
        func threshold(_ scope: RequestScope) -> Double? {
            PolicyExplanation(policy, for: scope).phases[0].categories.first { $0.category == "hate" }?.threshold
        }
        #expect(threshold(RequestScope(model: "m-1", tenant: "blue")) == 0.2)
        #expect(threshold(RequestScope(model: "m-1")) == 0.5)
        #expect(threshold(RequestScope(model: "x")) == 0.9)
        #expect(PolicyExplanation(policy, for: RequestScope(model: "m-1")).overrides.map(\.name) == ["1"])
    }

    @Test func aDifferenceInAnOverrideIsTold() throws {
        func policy(_ threshold: String) throws -> Policy {
            try loader.load(
                text: Self.text("[{when: {model: m}, then: {input: {categories: {hate: {threshold: \(threshold)}}}}}]"),
                file: "test.yaml"
            )
        }
        let changes = PolicyDifference(from: try policy("0.5"), to: try policy("0.4")).changes
        #expect(changes.map(\.subject) == ["overrides.1"])
        #expect(changes.first?.after?.contains("0.4") == true)
    }

    /// Or tuning would say that more than a threshold changes.
    @Test func anotherThresholdOfThePolicyIsNoDifferenceInAnOverride() throws {
        let text = Self.text(
            """
            [{when: {model: m}, then: {input: {categories: {hate: {threshold: 0.2}}}}},
             {when: {tenant: t}, then: {input: {categories: {hate: {action: log}}}}}]
            """
        )
        let old = try loader.load(text: text, file: "test.yaml")
        let new = try loader.load(text: text.replacing("threshold: 0.9", with: "threshold: 0.8"), file: "test.yaml")
        #expect(PolicyDifference(from: old, to: new).changes.map(\.subject) == ["input.hate.threshold"])
    }
}
