import GuardCore
import Policy
import Testing

@testable import PolicyLanguage

@Suite struct PolicyDifferenceTests {
    private let base = Policy(
        name: "base",
        input: PhasePolicy(
            categories: [
                .hate: CategoryPolicy(threshold: 0.7, action: .log),
                .weapons: CategoryPolicy(threshold: 0.5, action: .block),
            ],
            overall: .likeliestCategory(threshold: 0.9)
        ),
        rules: [
            Rule(id: "one", category: .privacy, matchers: [.keyword("a")], action: .rewrite),
            Rule(id: "two", category: .hate, matchers: [.regex(pattern: "b", ignoreCase: true)], action: .log),
        ]
    )

    private func difference(_ change: (inout Policy) -> Void) -> String {
        var changed = base
        change(&changed)
        return PolicyDifference(from: base, to: changed).description
    }

    @Test func aPolicyDoesNotDifferFromItself() {
        #expect(
            difference {
                $0.name = "another"; $0.digest = "abc"
            } == "no difference"
        )
    }

    @Test func aThresholdSaysWhichWayItMoved() {
        #expect(
            difference { $0.input.categories[.weapons]?.threshold = 0.4 }
                == "~ input.weapons.threshold: 0.5 -> 0.4  (more texts reach it)"
        )
        #expect(
            difference { $0.input.overall = .likeliestCategory(threshold: 0.95) }
                == "~ input.overall.threshold: 0.9 -> 0.95  (fewer texts reach it)"
        )
    }

    @Test func anActionTakesItsConsequenceAndFailureModeWithIt() {
        #expect(
            difference {
                $0.input.categories[.hate] = CategoryPolicy(threshold: 0.7, action: .block, response: .template)
            }
                == """
                ~ input.hate.action: log -> block  (stricter)
                ~ input.hate.consequence: none -> template
                ~ input.hate.on_failure: open -> closed
                """
        )
    }

    @Test func aCategoryThatIsJudgedNoMoreIsNamed() {
        #expect(
            difference { $0.input.categories[.weapons] = nil }
                == "~ input.weapons: block from 0.5 on (generated) -> not judged"
        )
    }

    @Test func rulesComeGoAndChange() {
        #expect(
            difference {
                $0.rules[0].matchers = [.keyword("a"), .regex(pattern: #"\d"#, ignoreCase: false, checksum: .luhn)]
                $0.rules[0].phases = [.input]
                $0.rules[1] = Rule(id: "three", category: .jailbreak, matchers: [.keyword("c")], action: .block)
            } == """
                ~ rules.one.phases: input, output -> input
                + rules.one.match: regex '\\d', checksum luhn
                - rules.two: hate, log, 1 matchers  (it matches no more)
                + rules.three: jailbreak, block (generated), 1 matchers
                """
        )
    }

    @Test func aTextThatDiffersBehindWhatIsShownIsTold() {
        func answering(_ end: String) -> Policy {
            var policy = base
            policy.input.categories[.weapons]?.response = .fixed(String(repeating: "a", count: 50) + end)
            return policy
        }
        let shown = "fixed: " + String(repeating: "a", count: 37) + "..."
        #expect(
            PolicyDifference(from: answering("b"), to: answering("c")).description
                == "~ input.weapons.consequence: \(shown) -> \(shown)  (they differ in what is not shown)"
        )
        #expect(PolicyDifference(from: answering("b"), to: answering("b")).changes.isEmpty)
    }

    @Test func howRulesThatAddUpAreAnsweredIsTold() {
        var old = base
        old.input.anomaly = AnomalyPolicy(threshold: 5, action: .block)
        var new = old
        new.input.anomaly?.response = .template
        #expect(
            PolicyDifference(from: old, to: new).description
                == "~ input.anomaly: block from 5 on (generated) -> block from 5 on (template)"
        )
    }

    @Test func tagsOfARuleAreTold() {
        #expect(difference { $0.rules[0].tags = ["t", "s"] } == "+ rules.one.tags: s, t")
    }

    /// The base policy with an override that changes one category of the input.
    private func overriding(_ category: HarmCategory, _ patch: CategoryPatch) -> Policy {
        var policy = base
        policy.overrides = [
            PolicyOverride(
                name: "x",
                when: ScopePattern(models: [WordPattern("m")]),
                then: PolicyPatch(input: PhasePatch(categories: [category: .set(patch)]))
            )
        ]
        return policy
    }

    @Test func anOverrideThatSaysMoreIsToldThoughItDoesTheSameByItself() {
        let changes = PolicyDifference(
            from: overriding(.weapons, CategoryPatch(threshold: 0.2)),
            to: overriding(.weapons, CategoryPatch(threshold: 0.2, action: .block))
        ).changes
        #expect(changes.map(\.subject) == ["overrides.x"])
        #expect(changes.first?.effect == "they differ in what is not shown")
    }

    @Test func whatThePolicyDoesNotShowIsToldOfTheOverrideThatShowsIt() {
        let old = overriding(.hate, CategoryPatch(action: .block))
        var new = old
        new.input.categories[.hate]?.response = .template
        let changes = PolicyDifference(from: old, to: new).changes
        #expect(changes.map(\.subject) == ["overrides.x"])
        #expect(changes.first?.after?.contains("template") == true)
    }

    @Test func anotherOrderOfRulesIsTold() {
        #expect(difference { $0.rules.reverse() }.hasPrefix("~ rules  (in another order"))
    }

    @Test func anotherOrderOfOverridesThatAreEquallySpecificIsTold() {
        func shadowing(_ name: String, models: [String] = [], tenants: [String] = []) -> PolicyOverride {
            PolicyOverride(
                name: name,
                when: ScopePattern(models: models.map { WordPattern($0) }, tenants: tenants.map { WordPattern($0) }),
                then: PolicyPatch(mode: .shadow)
            )
        }
        func changes(_ old: [PolicyOverride], _ new: [PolicyOverride]) -> [PolicyDifference.Change] {
            var (before, after) = (base, base)
            before.overrides = old
            after.overrides = new
            return PolicyDifference(from: before, to: after).changes
        }
        let (model, tenant) = (shadowing("model", models: ["m"]), shadowing("tenant", tenants: ["t"]))
        let both = shadowing("both", models: ["m"], tenants: ["t"])
        #expect(
            changes([model, tenant], [tenant, model]).map(\.description)
                == ["~ overrides  (in another order: of two that are equally specific the first counts)"]
        )
        #expect(changes([model, both], [both, model]).isEmpty)
        #expect(changes([model, both, tenant], [model, tenant]).map(\.subject) == ["overrides.both"])
    }

    @Test func aThresholdOfAPhaseIsToldFromWhatIsOnlyCalledSo() {
        var new = base
        new.input.categories[.hate]?.threshold = 0.6
        new.input.overall = .likeliestCategory(threshold: 0.8)
        #expect(PolicyDifference(from: base, to: new).changes.count == 2)
        #expect(PolicyDifference(from: base, to: new).beyondThresholds.isEmpty)
        new.rules.append(Rule(id: "a.threshold", category: .hate, matchers: [.keyword("c")], action: .log))
        #expect(PolicyDifference(from: base, to: new).beyondThresholds.map(\.subject) == ["rules.a.threshold"])
    }

    @Test func modeMediaRolesAndStream() {
        #expect(
            difference {
                $0.mode = .shadow
                $0.input.media = .refuse
                $0.output.roles = [.assistant]
                $0.stream = StreamPolicy(mode: .full)
                $0.stream.holdBack.tokens = 32
            } == """
                ~ mode: enforce -> shadow  (nothing is acted on)
                ~ input.media: pass -> refuse
                ~ output.roles: system, developer, user, assistant, tool, context -> assistant
                ~ stream.mode: window -> full
                ~ stream.tokens: 24 -> 32
                """
        )
    }
}
