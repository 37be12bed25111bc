import GuardCore
import Policy
import Testing

/// Which finding the caller is answered about.
@Suite struct JudgementTests {
    private func reply(
        _ categories: [HarmCategory: CategoryPolicy],
        rules: [Rule] = [],
        scores: [Assessment?],
        matched: [String] = []
    ) -> Decision.Reply? {
        policy(categories, rules: rules).decide(
            phase: .input,
            segments: scores.indices.map { TextSegment(path: "/\($0)", role: .user, text: "abc") },
            assessments: scores,
            matches: matched.map { RuleMatch(ruleID: $0, segment: 0, span: 0..<1) }
        ).reply
    }

    @Test func theHighestMarginDecides() {
        let categories: [HarmCategory: CategoryPolicy] = [
            .violentCrimes: CategoryPolicy(threshold: 0.9, action: .block),
            .weapons: CategoryPolicy(threshold: 0.5, action: .block, response: .fixed("No.")),
        ]
        let decided = reply(categories, scores: [assessment([.violentCrimes: 0.95, .weapons: 0.75])])
        #expect(decided == .init(category: .weapons, style: .fixed("No."), isForced: false, segment: 0))
    }

    @Test func equalMarginsAreDecidedByTheTaxonomyThenTheFirstSegment() {
        let categories: [HarmCategory: CategoryPolicy] = [
            .hate: CategoryPolicy(threshold: 0.5, action: .block),
            .weapons: CategoryPolicy(threshold: 0.5, action: .block),
        ]
        let both = assessment([.hate: 0.75, .weapons: 0.75])
        #expect(reply(categories, scores: [both, both])?.category == .weapons)
        #expect(reply(categories, scores: [assessment(), both, both])?.segment == 1)
    }

    @Test func aRuleDecidesBeforeTheModelAndForcesTheResponse() {
        let categories: [HarmCategory: CategoryPolicy] = [.weapons: CategoryPolicy(threshold: 0.5, action: .block)]
        let decided = reply(
            categories,
            rules: [.test("second", .hate, .block), .test("third", .violentCrimes, .block, response: .template)],
            scores: [assessment([.weapons: 1])],
            matched: ["third", "second"]
        )
        #expect(decided == .init(category: .hate, style: .generated, isForced: true, segment: 0))
    }

    @Test func selfHarmDecidesFirstWhateverTheMarginOrTheRules() {
        let categories: [HarmCategory: CategoryPolicy] = [
            .selfHarm: CategoryPolicy(threshold: 0.5, action: .block),
            .weapons: CategoryPolicy(threshold: 0.5, action: .block),
        ]
        let decided = reply(
            categories,
            rules: [.test("rule", .jailbreak, .block)],
            scores: [assessment([.selfHarm: 0.5, .weapons: 1])],
            matched: ["rule"]
        )
        #expect(decided?.category == .selfHarm)
        #expect(decided?.isForced == false)
    }

    @Test func selfHarmThatOnlyLogsDoesNotAnswerABlock() {
        let categories: [HarmCategory: CategoryPolicy] = [
            .selfHarm: CategoryPolicy(threshold: 0.5, action: .log),
            .weapons: CategoryPolicy(threshold: 0.5, action: .block),
        ]
        #expect(reply(categories, scores: [assessment([.selfHarm: 1, .weapons: 0.6])])?.category == .weapons)
    }

    @Test func whatWasFoundDecidesBeforeWhatCouldNotBeJudged() {
        let categories: [HarmCategory: CategoryPolicy] = [
            .selfHarm: CategoryPolicy(threshold: 0.5, action: .block),
            .weapons: CategoryPolicy(threshold: 0.5, action: .block),
        ]
        let decided = reply(categories, scores: [nil, assessment([.weapons: 0.6])])
        #expect(decided == .init(category: .weapons, style: .generated, isForced: false, segment: 1))
    }
}
