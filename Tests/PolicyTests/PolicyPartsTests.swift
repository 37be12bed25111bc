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

    /// A share of 0 leaves every request out, one of 1 none.
    @Test(
        arguments: [
            (0, .log, true), (1, .log, false), (0, .rewrite, false), (0, .block, false),
        ] as [(Double, Action, Bool)]
    )
    func whatIsRecordedForAShareOfTheRequestsMayHaveBeenFoundInTheOthers(
        sample: Double,
        action: Action,
        isLeftOut: Bool
    ) {
        let sampled = CategoryPolicy(threshold: 0.5, action: action, sample: sample)
        var rule = Rule.test("r", .privacy, action, phases: [.input])
        rule.sample = sample
        let sampling = Sampling(requestID: "a")
        let judged = policy([.hate: sampled, .weapons: Self.blocks], rules: [rule])
        let input: Set<HarmCategory> = isLeftOut ? [.hate, .privacy] : []
        let output: Set<HarmCategory> = isLeftOut ? [.hate] : []
        #expect(judged.unrecordedCategories(in: .input, of: sampling) == input)
        #expect(judged.unrecordedCategories(in: .output, of: sampling) == output)
        // Overall harm is told under the likeliest category, which may be any.
        let overall = policy([.weapons: Self.blocks], overall: .own(sampled))
        let all = Set(isLeftOut ? HarmCategory.allCases : [])
        #expect(overall.unrecordedCategories(in: .input, of: sampling) == all)
    }

    @Test(arguments: [(Action.block, true), (.rewrite, true), (.log, false)])
    func anAnswerIsNeededWholeWhereWhatActsDependsOnSeveralPlacesOfIt(action: Action, isNeeded: Bool) {
        let asking = CategoryPolicy(threshold: 0.5, action: action, requiredRules: ["r"])
        var adding = policy()
        adding.output.anomaly = AnomalyPolicy(threshold: 5, action: action)
        var scored = Rule.test("r", .privacy, action)
        scored.requiredScores = [.hate: 0.4]
        var vetoing = Rule.test("r", .privacy, .log)
        vetoing.vetoes = [.hate]
        let policies = [
            adding, policy([.hate: asking]), policy(overall: .own(asking)), policy(rules: [scored]),
            policy([.hate: CategoryPolicy(threshold: 0.5, action: action)], rules: [vetoing]),
        ]
        for policy in policies { #expect(policy.needsWholeAnswers == isNeeded) }
    }

    @Test func whatDependsOnOnePlaceOfAnAnswerNeedsNoMoreOfIt() {
        var vetoing = Rule.test("r", .privacy, .block)
        vetoing.vetoes = [.weapons]
        #expect(!policy([.hate: Self.blocks], overall: .own(Self.blocks), rules: [vetoing]).needsWholeAnswers)
        // What the input says is nothing to answers.
        var asking = policy(rules: [Self.asking])
        asking.input.anomaly = AnomalyPolicy(threshold: 5, action: .block)
        asking.input.categories[.hate] = CategoryPolicy(threshold: 0.5, action: .block, requiredRules: ["asks"])
        #expect(!asking.needsWholeAnswers)
    }
}
