import GuardCore
import Policy
import Testing

@Suite struct RuleCombinationTests {
    private func rule(_ id: String, action: Action = .log, _ change: (inout Rule) -> Void = { _ in }) -> Rule {
        var rule = Rule.test(id, .privacy, action)
        change(&rule)
        return rule
    }

    private func decide(
        _ policy: Policy,
        _ texts: [TextSegment],
        _ assessments: [Assessment?],
        matches: [(String, Int)],
        sampling: Sampling? = nil
    ) -> Decision {
        policy.decide(
            phase: .input,
            segments: texts,
            assessments: assessments,
            matches: matches.map { RuleMatch(ruleID: $0.0, segment: $0.1, span: 0..<1) },
            sampling: sampling
        )
    }

    @Test(arguments: [(0.39, false), (0.4, true), (Double.nan, true)])
    func aMatchCountsOnlyWithTheScoreThatItsRuleRequires(score: Double, counts: Bool) {
        let policy = policy(rules: [rule("r", action: .block) { $0.requiredScores = [.hate: 0.4] }])
        let decision = decide(policy, segments("a"), [assessment([.hate: score])], matches: [("r", 0)])
        #expect(decision.action == (counts ? .block : nil))
    }

    @Test func aMatchInATextThatTheModelCouldNotJudgeCounts() {
        let policy = policy(rules: [rule("r", action: .block) { $0.requiredScores = [.hate: 0.4] }])
        #expect(decide(policy, segments("a"), [nil], matches: [("r", 0)]).action == .block)
        #expect(decide(policy, segments("a"), [], matches: [("r", 0)]).action == .block)
    }

    @Test func aScoreThatMayBeHigherThanKnownLetsAMatchCount() {
        let policy = policy(rules: [rule("r", action: .block) { $0.requiredScores = [.hate: 0.4] }])
        var unsure = assessment([.hate: 0.1])
        var most = CategoryScores()
        most[.hate] = 1
        unsure.ceiling = .init(harm: 1, categories: most, failure: .deadlineExceeded)
        #expect(decide(policy, segments("a"), [unsure], matches: [("r", 0)]).action == .block)
    }

    @Test func aVetoTakesTheCategoryOutOfTheSameTextOnly() {
        let hate = CategoryPolicy(threshold: 0.5, action: .block)
        let policy = policy([.hate: hate, .weapons: hate], rules: [rule("r") { $0.vetoes = [.hate] }])
        let high = assessment([.hate: 0.9])
        #expect(decide(policy, segments("a"), [high], matches: [("r", 0)]).action == .log)
        #expect(decide(policy, segments("a", "b"), [high, high], matches: [("r", 0)]).action == .block)
        let both = assessment([.hate: 0.9, .weapons: 0.9])
        #expect(decide(policy, segments("a"), [both], matches: [("r", 0)]).categories == [.privacy, .weapons])
    }

    /// Of many texts with the same score most are judged together.
    @Test func aVetoTakesTheCategoryOutOfManyTextsOnlyIfItIsAboutEachOfThem() {
        let hate = CategoryPolicy(threshold: 0.5, action: .block)
        let policy = policy([.hate: hate], rules: [rule("r") { $0.vetoes = [.hate] }])
        let texts = (0..<600).map { TextSegment(path: "/x/\($0)", role: .user, turn: 0, text: "a") }
        func action(_ covered: Range<Int>) -> Action? {
            policy.decide(
                phase: .input,
                segments: texts,
                assessments: Array(repeating: assessment([.hate: 0.9]), count: texts.count),
                matches: [RuleMatch(ruleID: "r", segment: 599, span: 0..<1, covered: ArraySlice(covered))]
            ).action
        }
        #expect(action(0..<599) == .log)
        #expect(action(0..<598) == .block)
        #expect(action(1..<599) == .block)
    }

    @Test func aRuleThatCoversATextIsFoundInIt() {
        let hate = CategoryPolicy(threshold: 0.5, action: .block, requiredRules: ["r"])
        let policy = policy([.hate: hate], rules: [rule("r")])
        let decision = policy.decide(
            phase: .input,
            segments: segments("a", "b", "c"),
            assessments: [assessment(), assessment([.hate: 0.9]), assessment()],
            matches: [RuleMatch(ruleID: "r", segment: 2, span: 0..<1, covered: [0, 1])]
        )
        #expect(decision.action == .block)
    }

    @Test func aFailureIsNotVetoed() {
        let hate = CategoryPolicy(threshold: 0.5, action: .block)
        let policy = policy([.hate: hate], rules: [rule("r") { $0.vetoes = [.hate] }])
        #expect(decide(policy, segments("a"), [nil], matches: [("r", 0)]).action == .block)
    }

    @Test(arguments: [("id", true), ("tag", true), ("other", false)])
    func aCategoryIsFoundOnlyWithTheRuleThatItRequires(name: String, isFound: Bool) {
        let hate = CategoryPolicy(threshold: 0.5, action: .block, requiredRules: [name])
        let policy = policy([.hate: hate], rules: [rule("id") { $0.tags = ["tag"] }, rule("other2")])
        let high = assessment([.hate: 0.9])
        let decision = decide(policy, segments("a"), [high], matches: [("id", 0), ("other2", 0)])
        #expect(decision.categories.contains(.hate) == isFound)
        #expect(decide(policy, segments("a", "b"), [assessment(), high], matches: [("id", 0)]).action == .log)
    }

    /// Overall harm with an action of its own, beside a category that requires a rule.
    private func overall(_ overall: CategoryPolicy, _ rule: Rule) -> Policy {
        policy(
            [.hate: CategoryPolicy(threshold: 0.95, action: .log, requiredRules: ["absent"])],
            overall: .own(overall),
            rules: [rule]
        )
    }

    @Test func overallHarmWithAnActionOfItsOwnNeedsNoRuleThatTheLikeliestCategoryRequires() {
        let policy = overall(CategoryPolicy(threshold: 0.9, action: .block), rule("absent"))
        for score in [0.6, 0.97] {
            let decision = decide(policy, segments("a"), [assessment(harm: 0.99, [.hate: score])], matches: [])
            #expect(decision.action == .block)
            #expect(decision.findings.map(\.source) == [.model(score: 0.99, threshold: 0.9)])
        }
    }

    @Test func overallHarmWithAnActionOfItsOwnIsFoundOnlyWithTheRuleThatItRequires() {
        let policy = overall(
            CategoryPolicy(threshold: 0.9, action: .block, requiredRules: ["tag"]),
            rule("id") { $0.tags = ["tag"] }
        )
        let high = assessment(harm: 0.99, [.hate: 0.6])
        #expect(decide(policy, segments("a"), [high], matches: []).action == nil)
        #expect(decide(policy, segments("a"), [high], matches: [("id", 0)]).action == .block)
    }

    @Test func aVetoTakesOverallHarmAwayOnlyWhereTheCategorySaysWhatIsDone() {
        let vetoing = rule("r") { $0.vetoes = [.hate] }
        let high = assessment(harm: 0.99, [.hate: 0.6])
        let own = overall(CategoryPolicy(threshold: 0.9, action: .block), vetoing)
        #expect(decide(own, segments("a"), [high], matches: [("r", 0)]).action == .block)
        let likeliest = policy(
            [.hate: CategoryPolicy(threshold: 0.95, action: .block)],
            overall: .likeliestCategory(threshold: 0.9),
            rules: [vetoing]
        )
        #expect(decide(likeliest, segments("a"), [high], matches: [("r", 0)]).action == .log)
    }

    private func anomalous(threshold: Int, _ severities: [Severity?]) -> Policy {
        var policy = policy(
            rules: severities.enumerated().map { index, severity in rule("r\(index)") { $0.severity = severity } }
        )
        policy.input.anomaly = AnomalyPolicy(threshold: threshold, action: .block, response: .template)
        return policy
    }

    @Test(arguments: [
        (5, [Severity.critical], true), (6, [.critical], false), (5, [.warning, .notice], true),
        (6, [.warning, .notice], false), (14, [.critical, .error, .warning, .notice], true), (1, [nil], false),
    ])
    func rulesAddUp(threshold: Int, severities: [Severity?], isReached: Bool) {
        let policy = anomalous(threshold: threshold, severities)
        let matches = severities.indices.map { ("r\($0)", 0) }
        let decision = decide(policy, segments("a"), [], matches: matches)
        #expect((decision.action == .block) == isReached)
        #expect(decision.reply?.style == (isReached ? .template : nil))
    }

    @Test func aRuleCountsOnceHoweverOftenItMatches() {
        let policy = anomalous(threshold: 6, [.critical])
        #expect(decide(policy, segments("a", "b"), [], matches: [("r0", 0), ("r0", 1)]).action == .log)
    }

    @Test func theAnomalyIsRecordedUnderTheWorstRule() throws {
        var policy = anomalous(threshold: 7, [.notice, .critical])
        policy.rules[1].category = .jailbreak
        let decision = decide(policy, segments("a"), [], matches: [("r0", 0), ("r1", 0)])
        let finding = try #require(decision.findings.first)
        #expect(finding.category == .jailbreak)
        #expect(finding.source == .rule(id: "anomaly", spans: []))
        #expect(finding.segment == nil)
    }

    @Test func theCallerIsAnsweredAboutWhatTheWorstRuleMatchedFirst() {
        let policy = anomalous(threshold: 7, [.notice, .critical])
        let matches = [("r0", 0), ("r1", 2), ("r1", 1)]
        #expect(decide(policy, segments("a", "b", "c"), [], matches: matches).reply?.segment == 1)
    }

    @Test func aSampledRuleIsRecordedForAShareOfTheRequests() {
        let policy = policy(rules: [rule("r") { $0.sample = 0.1 }])
        func isRecorded(_ request: Int) -> Bool {
            let sampling = Sampling(requestID: "request-\(request)")
            return decide(policy, segments("a"), [], matches: [("r", 0)], sampling: sampling).action == .log
        }
        let recorded = (0..<5000).filter(isRecorded)
        #expect((400...600).contains(recorded.count))
        #expect(recorded == (0..<5000).filter(isRecorded))
        #expect(decide(policy, segments("a"), [], matches: [("r", 0)]).action == .log)
    }

    @Test func samplingLeavesNoOtherActionOut() {
        let policy = policy(
            [.hate: CategoryPolicy(threshold: 0.5, action: .log, sample: 0)],
            rules: [rule("r", action: .block) { $0.sample = 0 }]
        )
        let decision = decide(
            policy,
            segments("a"),
            [assessment([.hate: 0.9])],
            matches: [("r", 0)],
            sampling: Sampling(requestID: "x")
        )
        #expect(decision.findings.map(\.category) == [.privacy])
    }
}
