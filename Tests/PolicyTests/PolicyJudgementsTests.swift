import GuardCore
import Policy
import Testing

@Suite struct PolicyJudgementsTests {
    @Test func oneFindingPerRuleAndSegmentHoldsAllSpansOnce() {
        let policy = policy(rules: [.test("mail", .privacy, .log)])
        let decision = policy.decide(
            phase: .input,
            segments: segments("abcdef", "abcdef"),
            assessments: [],
            matches: [
                RuleMatch(ruleID: "mail", segment: 1, span: 3..<4),
                RuleMatch(ruleID: "mail", segment: 1, span: 0..<2),
                RuleMatch(ruleID: "mail", segment: 0, span: 5..<6),
                RuleMatch(ruleID: "mail", segment: 1, span: 3..<4),
            ]
        )
        #expect(
            decision.findings == [
                Finding(category: .privacy, source: .rule(id: "mail", spans: [5..<6]), action: .log, segment: 0),
                Finding(
                    category: .privacy,
                    source: .rule(id: "mail", spans: [0..<2, 3..<4]),
                    action: .log,
                    segment: 1
                ),
            ]
        )
    }

    @Test func aRuleCountsOnlyInItsPhasesAndRoles() {
        let policy = policy(
            rules: [.test("in", .privacy, .log, phases: [.input]), .test("tool", .privacy, .log, roles: [.tool])]
        )
        let matches = ["in", "tool"].map { RuleMatch(ruleID: $0, segment: 0, span: 0..<1) }
        func ids(_ phase: Phase, _ role: Role) -> [String] {
            policy.decide(phase: phase, segments: segments("a", role: role), assessments: [], matches: matches)
                .findings.compactMap { if case .rule(let id, _) = $0.source { id } else { nil } }
        }
        #expect(ids(.input, .user) == ["in"])
        #expect(ids(.output, .user) == [])
        #expect(ids(.output, .tool) == ["tool"])
        #expect(ids(.input, .tool) == ["in", "tool"])
    }

    @Test(arguments: [
        RuleMatch(ruleID: "gone", segment: 0, span: 0..<1), RuleMatch(ruleID: "r", segment: 7, span: 0..<1),
    ])
    func aMatchOfAnUnknownRuleOrSegmentIsNone(match: RuleMatch) {
        let policy = policy(rules: [.test("r", .privacy, .block)])
        #expect(
            policy.decide(phase: .input, segments: segments("a"), assessments: [], matches: [match]) == Decision()
        )
    }

    @Test func aCategoryThatFailsClosedActsOnceForAllUnjudgedSegments() {
        let policy = policy(
            [
                .weapons: CategoryPolicy(threshold: 0.5, action: .block),
                .hate: CategoryPolicy(threshold: 0.5, action: .log),
                .privacy: CategoryPolicy(threshold: 0.5, action: .log, failureMode: .closed),
                .cybercrime: CategoryPolicy(threshold: 0.5, action: .block, failureMode: .open),
            ]
        )
        let decision = policy.decide(
            phase: .input,
            segments: segments("a", "b", "c"),
            assessments: [nil, assessment(), nil],
            matches: []
        )
        #expect(
            decision.findings == [
                Finding(category: .weapons, source: .failure, action: .block, segment: nil),
                Finding(category: .privacy, source: .failure, action: .log, segment: nil),
            ]
        )
        #expect(
            decision.reply
                == .init(category: .weapons, style: .generated, isForced: false, segment: nil, isFailure: true)
        )
    }

    @Test func anAssessmentMissingAtTheEndIsAFailureAndNoneAtAllIsNotAsked() {
        let policy = policy([.weapons: CategoryPolicy(threshold: 0.5, action: .block)])
        let short = policy.decide(phase: .input, segments: segments("a", "b"), assessments: [assessment()], matches: [])
        #expect(short.action == .block)
        let unasked = policy.decide(phase: .input, segments: segments("a", "b"), assessments: [], matches: [])
        #expect(unasked.action == nil)
        let surplus = policy.decide(
            phase: .input,
            segments: segments("a"),
            assessments: [assessment(), assessment([.weapons: 1])],
            matches: []
        )
        #expect(surplus.action == nil)
    }

    @Test func aScoreThatIsNotANumberFailsLikeAMissingOne() {
        let policy = policy([.weapons: CategoryPolicy(threshold: 0.5, action: .block)])
        let decision = policy.decide(
            phase: .input,
            segments: segments("a"),
            assessments: [assessment([.weapons: .nan])],
            matches: []
        )
        #expect(decision.findings.map(\.source) == [.failure])
    }

    /// What one engine of several did not say: the score is at least the first number and at most the second.
    @Test(arguments: [(0.6, 1.0, "model"), (0.2, 0.4, ""), (0.2, 0.5, "failure"), (0.2, 1.0, "failure")])
    func aScoreThatIsKnownInPartIsAFindingOrNothingOrAFailure(low: Double, high: Double, expected: String) {
        let policy = policy(
            [
                .weapons: CategoryPolicy(threshold: 0.5, action: .block),
                .hate: CategoryPolicy(threshold: 0.5, action: .log),
            ]
        )
        var partial = assessment(harm: low, [.weapons: low, .hate: low])
        partial.ceiling = Assessment.Ceiling(
            harm: high,
            categories: assessment([.weapons: high, .hate: high]).categories,
            failure: .deadlineExceeded
        )
        let decision = policy.decide(phase: .input, segments: segments("a"), assessments: [partial], matches: [])
        switch expected {
        case "model":
            #expect(decision.findings.map(\.category) == [.weapons, .hate])
            #expect(decision.reply?.isFailure == false)
        case "failure":
            // What logs fails open.
            #expect(
                decision.findings == [Finding(category: .weapons, source: .failure, action: .block, segment: nil)]
            )
            #expect(decision.reply?.isFailure == true)
        default: #expect(decision == Decision())
        }
    }

    @Test func overallHarmIsFoundUnderTheHighestCategoryEvenIfThatIsNotJudged() {
        let policy = policy(overall: .own(CategoryPolicy(threshold: 0.8, action: .block, response: .template)))
        let decision = policy.decide(
            phase: .input,
            segments: segments("a", "b"),
            assessments: [
                assessment(harm: 0.79, [.hate: 0.7]), assessment(harm: 0.8, [.hate: 0.2, .cybercrime: 0.4]),
            ],
            matches: []
        )
        #expect(
            decision.findings == [
                Finding(category: .cybercrime, source: .model(score: 0.8, threshold: 0.8), action: .block, segment: 1)
            ]
        )
        #expect(
            decision.reply == .init(category: .cybercrime, style: .template, isForced: false, segment: 1)
        )
    }

    @Test func overallHarmFailsClosedUnderTheFirstCategory() {
        let policy = policy(overall: .own(CategoryPolicy(threshold: 0.8, action: .block)))
        let decision = policy.decide(phase: .input, segments: segments("a"), assessments: [nil], matches: [])
        #expect(
            decision.findings == [Finding(category: .violentCrimes, source: .failure, action: .block, segment: nil)]
        )
        #expect(decision.reply?.isFailure == true)
    }

    @Test func overallHarmTakesTheActionOfTheLikeliestCategory() {
        let policy = policy(
            [
                .hate: CategoryPolicy(threshold: 0.9, action: .block, response: .template),
                .specializedAdvice: CategoryPolicy(threshold: 0.9, action: .rewrite),
            ],
            overall: .likeliestCategory(threshold: 0.8)
        )
        func decision(_ assessment: Assessment) -> Decision {
            policy.decide(phase: .input, segments: segments("a"), assessments: [assessment], matches: [])
        }
        let hate = decision(assessment(harm: 0.8, [.hate: 0.3, .specializedAdvice: 0.2]))
        #expect(
            hate.findings == [
                Finding(category: .hate, source: .model(score: 0.8, threshold: 0.8), action: .block, segment: 0)
            ]
        )
        #expect(hate.reply == .init(category: .hate, style: .template, isForced: false, segment: 0))
        #expect(decision(assessment(harm: 1, [.hate: 0.2, .specializedAdvice: 0.3])).action == .rewrite)
        #expect(decision(assessment(harm: 0.79, [.hate: 0.3])).action == nil)
        #expect(decision(assessment(harm: 1, [.hate: 0.3, .weapons: 0.4])).action == nil)
    }

    @Test func aCategoryFoundByItsOwnScoreIsNotFoundAgainByOverallHarm() {
        let policy = policy(
            [.hate: CategoryPolicy(threshold: 0.5, action: .log)],
            overall: .likeliestCategory(threshold: 0.8)
        )
        let scores = [assessment(harm: 0.9, [.hate: 0.5])]
        let decision = policy.decide(phase: .input, segments: segments("a"), assessments: scores, matches: [])
        #expect(decision.findings.map(\.source) == [.model(score: 0.5, threshold: 0.5)])
    }

    /// What a score is at least and at most.
    typealias Bounds = ClosedRange<Double>

    /// What is known of overall harm and of two categories, and whether `hate`, which is blocked, fails for it. `misinformation` is
    /// logged, and neither reaches its own threshold.
    private static let partial: [(harm: Bounds, misinformation: Bounds, hate: Bounds, fails: Bool)] = [
        // All engines have to agree, and one of them is away.
        (0...0.85, 0...0.4, 0...0.3, true),
        (0...0.6, 0...0.4, 0...0.3, false),
        // Another category is likelier whatever the missing scores are.
        (0.2...0.85, 0.4...0.6, 0...0.3, false),
        // The text is over the line whatever they are, and might be for what more is done about.
        (0.7...0.85, 0.4...0.6, 0.2...0.5, true),
        (0.7...0.85, 0.2...0.6, 0.4...0.5, false),
    ]

    @Test(arguments: partial)
    func overallHarmThatIsKnownInPartFailsWhatItMightBeFoundUnder(
        known: (harm: Bounds, misinformation: Bounds, hate: Bounds, fails: Bool)
    ) {
        let policy = policy(
            [
                .hate: CategoryPolicy(threshold: 0.9, action: .block),
                .misinformation: CategoryPolicy(threshold: 0.9, action: .log),
            ],
            overall: .likeliestCategory(threshold: 0.64)
        )
        var partial = assessment(
            harm: known.harm.lowerBound,
            [.misinformation: known.misinformation.lowerBound, .hate: known.hate.lowerBound]
        )
        partial.ceiling = Assessment.Ceiling(
            harm: known.harm.upperBound,
            categories: assessment(
                [.misinformation: known.misinformation.upperBound, .hate: known.hate.upperBound]
            ).categories,
            failure: .deadlineExceeded
        )
        let decision = policy.decide(phase: .input, segments: segments("a"), assessments: [partial], matches: [])
        let failures = decision.findings.filter { $0.source == .failure }
        let failure = Finding(category: .hate, source: .failure, action: .block, segment: nil)
        #expect(failures == (known.fails ? [failure] : []))
        // What is certain is found as ever.
        #expect(decision.findings.count - failures.count == (known.harm.lowerBound >= 0.64 ? 1 : 0))
    }

    @Test(arguments: [OverallPolicy.likeliestCategory(threshold: 1), .own(CategoryPolicy(threshold: 1, action: .log))])
    func overallHarmThatIsNotANumberFailsTheWholeText(overall: OverallPolicy) {
        let policy = policy([.hate: CategoryPolicy(threshold: 1, action: .block)], overall: overall)
        let scores = [assessment(harm: .nan)]
        let decision = policy.decide(phase: .input, segments: segments("a"), assessments: scores, matches: [])
        #expect(decision.findings.map(\.source) == [.failure])
    }

    @Test func ofVeryManyTextsWithTheSameScoreTheRestIsToldTogether() {
        let replaced = CategoryPolicy(threshold: 0.5, action: .rewrite, rewrite: .replace(text: "cut"))
        let texts = (0..<1_000).map { TextSegment(path: "/x/\($0)", role: .user, turn: 0, text: "a") }
        var likeliest = replaced
        likeliest.threshold = 0.9
        let policies = [
            policy([.hate: replaced]), policy(overall: .own(replaced)),
            policy([.hate: likeliest], overall: .likeliestCategory(threshold: 0.5)),
        ]
        for policy in policies {
            let decision = policy.decide(
                phase: .input,
                segments: texts,
                assessments: Array(repeating: assessment(harm: 0.6, [.hate: 0.6]), count: texts.count),
                matches: []
            )
            #expect(decision.findings.count == 256)
            #expect(decision.edits == texts.indices.map { Decision.Edit.replace(segment: $0, text: "cut") })
        }
    }
}
