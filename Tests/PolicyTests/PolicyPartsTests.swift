import GuardCore
import Policy
import Testing

@Suite struct PolicyPartsTests {
    private static let blocks = CategoryPolicy(threshold: 0.5, action: .block)

    private static var asking: Rule {
        var rule = Rule.test("asks", .privacy, .block, phases: [.input])
        rule.requiredScores = [.hate: 0.4]
        return rule
    }

    @Test func aPhaseNeedsScoresIfAnythingInItIsDecidedByThem() {
        #expect(policy([.hate: Self.blocks]).needsScores(in: .output))
        #expect(policy(overall: .likeliestCategory(threshold: 0.5)).needsScores(in: .output))
        let byRule = policy(rules: [Self.asking])
        #expect(byRule.needsScores(in: .input))
        #expect(!byRule.needsScores(in: .output))
        #expect(!policy(rules: [.test("plain", .privacy, .block)]).needsScores(in: .input))
    }

    @Test func rulesAloneNeedNoScoresAndCountWithoutThoseThatTheyRequire() {
        let alone = policy([.hate: Self.blocks], overall: .own(Self.blocks), rules: [Self.asking]).rulesOnly
        #expect(!alone.needsScores(in: .input))
        #expect(!alone.needsScores(in: .output))
        let decision = alone.decide(
            phase: .input,
            segments: segments("a"),
            assessments: [],
            matches: [RuleMatch(ruleID: "asks", segment: 0, span: 0..<1)]
        )
        #expect(decision.action == .block)
    }
}
