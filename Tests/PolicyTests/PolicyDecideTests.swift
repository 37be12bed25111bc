import GuardCore
import Policy
import Testing

@Suite struct PolicyDecideTests {
    @Test func aPhaseActsIfAnythingInItDoesMoreThanLog() {
        let logs = CategoryPolicy(threshold: 0.5, action: .log)
        let blocks = CategoryPolicy(threshold: 0.5, action: .block)
        let rule = Rule.test("a", .privacy, .log)
        let quiet = policy([.hate: logs], overall: .likeliestCategory(threshold: 0.1), rules: [rule])
        #expect(!quiet.acts(in: .input))
        #expect(policy([.hate: blocks]).acts(in: .input))
        #expect(policy([.hate: logs], overall: .own(blocks)).acts(in: .output))
        let elsewhere = policy(rules: [.test("a", .privacy, .rewrite, phases: [.input])])
        #expect(elsewhere.acts(in: .input) && !elsewhere.acts(in: .output))
        var together = policy(rules: [rule])
        together.output.anomaly = AnomalyPolicy(threshold: 5, action: .block, response: .template)
        #expect(together.acts(in: .output) && !together.acts(in: .input))
    }

    @Test func allowsWhenNothingIsFound() {
        let policy = policy([.weapons: CategoryPolicy(threshold: 0.5, action: .block)])
        let decision = policy.decide(
            phase: .input,
            segments: segments("hello"),
            assessments: [assessment([.weapons: 0.49])],
            matches: []
        )
        #expect(decision == Decision())
    }

    @Test(arguments: [(0.5, true), (0.5.nextDown, false), (1.0, true), (0.0, false), (.infinity, true)])
    func findsFromTheThresholdOn(score: Double, isFound: Bool) {
        let policy = policy([.weapons: CategoryPolicy(threshold: 0.5, action: .log)])
        let decision = policy.decide(
            phase: .input,
            segments: segments("a"),
            assessments: [assessment([.weapons: score])],
            matches: []
        )
        #expect((decision.action == .log) == isFound)
    }

    @Test func aCategoryAbsentFromThePhaseIsNeverAFinding() {
        let policy = Policy(
            name: "test",
            input: PhasePolicy(categories: [.hate: CategoryPolicy(threshold: 0, action: .block)]),
            output: PhasePolicy()
        )
        let scores = [assessment(harm: 1, [.weapons: 1])]
        let input = policy.decide(phase: .input, segments: segments("a"), assessments: scores, matches: [])
        #expect(input.categories == [.hate])
        let output = policy.decide(phase: .output, segments: segments("a"), assessments: scores, matches: [])
        #expect(output == Decision())
    }

    @Test func eachPhaseHasItsOwnThreshold() {
        let policy = Policy(
            name: "test",
            input: PhasePolicy(categories: [.hate: CategoryPolicy(threshold: 0.9, action: .block)]),
            output: PhasePolicy(categories: [.hate: CategoryPolicy(threshold: 0.3, action: .log)])
        )
        let scores = [assessment([.hate: 0.5])]
        #expect(
            policy.decide(phase: .input, segments: segments("a"), assessments: scores, matches: []).action == nil
        )
        #expect(
            policy.decide(phase: .output, segments: segments("a"), assessments: scores, matches: []).action == .log
        )
    }

    @Test func theStrictestActionWins() {
        let policy = policy(
            [
                .hate: CategoryPolicy(threshold: 0.5, action: .log),
                .privacy: CategoryPolicy(threshold: 0.5, action: .rewrite),
                .weapons: CategoryPolicy(threshold: 0.5, action: .block),
            ]
        )
        func action(_ scores: [HarmCategory: Double]) -> Action? {
            policy.decide(phase: .input, segments: segments("a"), assessments: [assessment(scores)], matches: []).action
        }
        #expect(action([.hate: 0.9]) == .log)
        #expect(action([.hate: 0.9, .privacy: 0.6]) == .rewrite)
        #expect(action([.hate: 0.9, .privacy: 0.6, .weapons: 0.5]) == .block)
    }

    @Test func aBlockDropsTheEdits() {
        let policy = policy(
            [.weapons: CategoryPolicy(threshold: 0.5, action: .block)],
            rules: [.test("mail", .privacy, .rewrite)]
        )
        let decision = policy.decide(
            phase: .input,
            segments: segments("abc"),
            assessments: [assessment([.weapons: 1])],
            matches: [RuleMatch(ruleID: "mail", segment: 0, span: 0..<2)]
        )
        #expect(decision.action == .block)
        #expect(decision.edits.isEmpty)
        #expect(decision.findings.count == 2)
        #expect(decision.reply?.category == .weapons)
    }

    @Test func findingsAreReportedStrictestFirstThenInTaxonomyOrder() {
        let policy = policy(
            [
                .hate: CategoryPolicy(threshold: 0.5, action: .log),
                .weapons: CategoryPolicy(threshold: 0.5, action: .block),
                .violentCrimes: CategoryPolicy(threshold: 0.5, action: .log),
                .jailbreak: CategoryPolicy(threshold: 0.5, action: .block),
            ],
            rules: [.test("late", .weapons, .block), .test("early", .violentCrimes, .log)]
        )
        let scores: [HarmCategory: Double] = [.hate: 1, .weapons: 1, .violentCrimes: 1, .jailbreak: 1]
        let decision = policy.decide(
            phase: .input,
            segments: segments("a", "b"),
            assessments: [assessment(scores), assessment(scores)],
            matches: [
                RuleMatch(ruleID: "early", segment: 1, span: 0..<1),
                RuleMatch(ruleID: "late", segment: 1, span: 0..<1),
            ]
        )
        let order = decision.findings.map { finding in
            let source = if case .rule(let id, _) = finding.source { id } else { "model" }
            return "\(finding.action) \(finding.category.rawValue) \(source) \(finding.segment ?? -1)"
        }
        #expect(
            order == [
                "block weapons late 1", "block weapons model 0", "block weapons model 1",
                "block jailbreak model 0", "block jailbreak model 1",
                "log violent_crimes early 1", "log violent_crimes model 0", "log violent_crimes model 1",
                "log hate model 0", "log hate model 1",
            ]
        )
    }

    @Test func shadowModeDecidesTheSameAndSaysSo() {
        let categories: [HarmCategory: CategoryPolicy] = [.weapons: CategoryPolicy(threshold: 0.5, action: .block)]
        let scores = [assessment([.weapons: 0.9])]
        var enforced = policy(mode: .enforce, categories)
            .decide(phase: .input, segments: segments("a"), assessments: scores, matches: [])
        let shadowed = policy(mode: .shadow, categories)
            .decide(phase: .input, segments: segments("a"), assessments: scores, matches: [])
        #expect(!enforced.isShadow)
        enforced.isShadow = true
        #expect(shadowed == enforced)
        let nothing = policy(mode: .shadow).decide(phase: .input, segments: [], assessments: [], matches: [])
        #expect(nothing == Decision(isShadow: true))
    }
}
