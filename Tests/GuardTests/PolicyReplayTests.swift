import GuardCore
import Policy
import Rules
import Testing

@testable import Guard

@Suite struct PolicyReplayTests {
    private static let policy = Policy(
        name: "test",
        input: PhasePolicy(categories: [.hate: CategoryPolicy(threshold: 0.5, action: .block)]),
        rules: [
            Rule(id: "known", category: .privacy, matchers: [.keyword("bluebird")], action: .rewrite)
        ],
        overrides: [
            PolicyOverride(
                name: "o",
                when: ScopePattern(models: [WordPattern("lenient")]),
                then: PolicyPatch(input: PhasePatch(categories: [.hate: .ignored]))
            )
        ]
    )

    private func entry(
        hate: Double? = 0,
        model: String = "m",
        rules: Set<String> = [],
        isFailure: Bool = false,
        texts: [String]? = nil
    ) -> PolicyReplay.Entry {
        var categories = CategoryScores()
        categories[.hate] = hate ?? 0
        return PolicyReplay.Entry(
            requestID: "r",
            phase: .input,
            scope: RequestScope(model: model),
            action: nil,
            scores: hate.map { Assessment(harm: $0, categories: categories, tokens: 0) },
            rules: rules,
            isFailure: isFailure,
            texts: texts
        )
    }

    private func action(_ entry: PolicyReplay.Entry) throws -> Action?? {
        let replay = PolicyReplay(policy: Self.policy, rules: try RuleSet(Self.policy.rules))
        return replay.decision(about: entry).map(\.action)
    }

    @Test func recordedScoresAreHeldAgainstTheThresholds() throws {
        #expect(try action(entry(hate: 0.49)) == .some(nil))
        #expect(try action(entry(hate: 0.5)) == .some(.block))
        #expect(try action(entry(hate: 0.9, model: "lenient")) == .some(nil))
    }

    @Test func aRuleCountsWhereItMatchedThen() throws {
        #expect(try action(entry(rules: ["known"])) == .some(.rewrite))
        #expect(try action(entry(rules: ["gone"])) == .some(nil))
    }

    @Test func recordedTextsAreReadAgain() throws {
        #expect(try action(entry(texts: ["a bluebird"])) == .some(.rewrite))
        #expect(try action(entry(rules: ["known"], texts: ["nothing"])) == .some(nil))
    }

    @Test func whatWasNotRecordedIsNotDecided() throws {
        #expect(try action(entry(hate: nil)) == nil)
        #expect(try action(entry(isFailure: true)) == nil)
    }
}
