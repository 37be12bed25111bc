import GuardCore
import Policy
import Testing

@Suite struct ConsideredFindingTests {
    private static let blocks = CategoryPolicy(threshold: 0.5, action: .block)

    private func rule(_ id: String, _ action: Action = .log, _ change: (inout Rule) -> Void = { _ in }) -> Rule {
        var rule = Rule.test(id, .privacy, action)
        change(&rule)
        return rule
    }

    private func considered(
        _ policy: Policy,
        _ scores: [HarmCategory: Double],
        rules: [String] = [],
        sampling: Sampling? = nil
    ) -> [ConsideredFinding] {
        policy.findingsConsidered(
            phase: .input,
            segments: segments("a"),
            assessments: [assessment(scores)],
            matches: rules.map { RuleMatch(ruleID: $0, segment: 0, span: 0..<1) },
            sampling: sampling
        )
    }

    @Test func aRuleWhoseScoreIsTooLowIsDismissedWithTheScore() {
        let policy = policy(rules: [rule("r", .block) { $0.requiredScores = [.hate: 0.4] }])
        let found = considered(policy, [.hate: 0.25], rules: ["r"])
        #expect(found.map(\.dismissal) == [.scoreTooLow(category: .hate, score: 0.25, required: 0.4)])
        #expect(!found[0].isDeciding)
    }

    @Test func aVetoedCategoryNamesTheFirstRuleThatVetoesIt() {
        let policy = policy(
            [.hate: Self.blocks],
            rules: [rule("first") { $0.vetoes = [.hate] }, rule("second") { $0.vetoes = [.hate] }]
        )
        let found = considered(policy, [.hate: 0.9], rules: ["second", "first"])
        #expect(found.first { $0.finding.category == .hate }?.dismissal == .vetoed(rule: "first"))
    }

    @Test func aCategoryWithoutTheRuleThatItRequiresNamesWhatWouldDo() {
        let hate = CategoryPolicy(threshold: 0.5, action: .block, requiredRules: ["a", "b"])
        let found = considered(policy([.hate: hate], rules: [rule("a"), rule("b")]), [.hate: 0.9])
        #expect(found.map(\.dismissal) == [.ruleMissing(anyOf: ["a", "b"])])
    }

    @Test func whatIsNotSampledIsDismissedWithItsShare() {
        let policy = policy(rules: [rule("r") { $0.sample = 0 }])
        let found = considered(policy, [:], rules: ["r"], sampling: Sampling(requestID: "x"))
        #expect(found.map(\.dismissal) == [.sampledOut(share: 0)])
    }

    @Test func oneFindingDecidesAndItIsTheOneThatTheCallerIsAnsweredAbout() {
        let policy = policy([.selfHarm: Self.blocks, .weapons: Self.blocks], rules: [rule("r", .block)])
        let found = considered(policy, [.selfHarm: 0.6, .weapons: 0.9], rules: ["r"])
        #expect(found.filter(\.isDeciding).map(\.finding.category) == [.selfHarm])
        #expect(found.count == 3)
    }

    /// The decision is made of exactly what is not dismissed, whatever the scores and matches.
    @Test(arguments: 0..<64)
    func theDecisionIsMadeOfWhatIsNotDismissed(bits: Int) {
        let policy = policy(
            [
                .hate: CategoryPolicy(threshold: 0.5, action: .block, requiredRules: ["needed"]),
                .weapons: CategoryPolicy(threshold: 0.5, action: .log),
            ],
            rules: [
                rule("needed"), rule("vetoes") { $0.vetoes = [.weapons] },
                rule("asks", .rewrite) { $0.requiredScores = [.hate: 0.5] },
                rule("sampled") { $0.sample = 0 },
            ]
        )
        let names = ["needed", "vetoes", "asks", "sampled"].enumerated().filter { bits >> $0.offset & 1 == 1 }
        let matches = names.map { RuleMatch(ruleID: $0.element, segment: 0, span: 0..<1) }
        let scores = [assessment([.hate: bits & 16 == 0 ? 0.4 : 0.9, .weapons: bits & 32 == 0 ? 0.4 : 0.9])]
        let sampling = Sampling(requestID: "x")
        let decision = policy.decide(
            phase: .input,
            segments: segments("a"),
            assessments: scores,
            matches: matches,
            sampling: sampling
        )
        let found = policy.findingsConsidered(
            phase: .input,
            segments: segments("a"),
            assessments: scores,
            matches: matches,
            sampling: sampling
        )
        #expect(found.filter { $0.dismissal == nil }.map(\.finding) == decision.findings)
        #expect(found.filter(\.isDeciding).count == (decision.action == nil ? 0 : 1))
    }
}
