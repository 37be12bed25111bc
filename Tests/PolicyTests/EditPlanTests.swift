import GuardCore
import Policy
import Testing

@Suite struct EditPlanTests {
    private func edits(
        _ policy: Policy,
        phase: Phase = .input,
        _ texts: [TextSegment] = segments("0123456789", "0123456789"),
        assessments: [Assessment?] = [],
        at matches: [(String, Int, Range<Int>)] = []
    ) -> [Decision.Edit] {
        let matches = matches.map { RuleMatch(ruleID: $0, segment: $1, span: $2) }
        return policy.decide(phase: phase, segments: texts, assessments: assessments, matches: matches).edits
    }

    private func redacting(_ id: String, _ placeholder: String) -> Rule {
        .test(id, .privacy, .rewrite, rewrite: .redact(placeholder: placeholder))
    }

    @Test func overlappingSpansBecomeOneUnderTheFirstPlaceholder() {
        let policy = policy(rules: [redacting("a", "[a]"), redacting("b", "[b]")])
        #expect(
            edits(policy, at: [("b", 0, 1..<4), ("a", 0, 3..<6), ("a", 0, 8..<9)])
                == [.redact(segment: 0, spans: [(1..<6, "[b]"), (8..<9, "[a]")])]
        )
    }

    @Test func ofSpansThatStartTogetherTheLongerNamesThePlaceholderThenTheFirstRule() {
        let policy = policy(rules: [redacting("a", "[a]"), redacting("b", "[b]")])
        #expect(
            edits(policy, at: [("a", 0, 1..<3), ("b", 0, 1..<5)]) == [.redact(segment: 0, spans: [(1..<5, "[b]")])]
        )
        #expect(
            edits(policy, at: [("b", 0, 1..<3), ("a", 0, 1..<3)]) == [.redact(segment: 0, spans: [(1..<3, "[a]")])]
        )
    }

    @Test func aSpanInsideAnotherDoesNotShortenIt() {
        let policy = policy(rules: [redacting("a", "[a]"), redacting("b", "[b]")])
        #expect(
            edits(policy, at: [("a", 0, 0..<9), ("b", 0, 2..<3), ("b", 0, 8..<10)])
                == [.redact(segment: 0, spans: [(0..<10, "[a]")])]
        )
    }

    @Test func spansThatOnlyTouchStayApart() {
        let policy = policy(rules: [redacting("a", "[a]"), redacting("b", "[b]")])
        #expect(
            edits(policy, at: [("a", 0, 0..<2), ("b", 0, 2..<4)])
                == [.redact(segment: 0, spans: [(0..<2, "[a]"), (2..<4, "[b]")])]
        )
    }

    @Test func spansAreClippedToTheSegmentAndEmptyOnesDropped() {
        let policy = policy(rules: [redacting("a", "[a]")])
        #expect(edits(policy, at: [("a", 0, 8..<99)]) == [.redact(segment: 0, spans: [(8..<10, "[a]")])])
        #expect(edits(policy, at: [("a", 0, 50..<99)]) == [])
        #expect(edits(policy, at: [("a", 0, 3..<3)]) == [])
    }

    @Test func replacingBeatsRedactingInTheSameSegmentOnly() {
        let policy = policy(
            rules: [redacting("a", "[a]"), .test("gone", .jailbreak, .rewrite, rewrite: .replace(text: "removed"))]
        )
        #expect(
            edits(policy, at: [("a", 1, 0..<2), ("a", 0, 0..<2), ("gone", 0, 4..<5)])
                == [.replace(segment: 0, text: "removed"), .redact(segment: 1, spans: [(0..<2, "[a]")])]
        )
    }

    @Test func theFirstFindingsReplacementStands() {
        let policy = policy(
            rules: [
                .test("late", .jailbreak, .rewrite, rewrite: .replace(text: "late")),
                .test("early", .privacy, .rewrite, rewrite: .replace(text: "early")),
            ]
        )
        #expect(
            edits(policy, at: [("late", 0, 0..<1), ("early", 0, 0..<1)]) == [.replace(segment: 0, text: "early")]
        )
    }

    @Test func steeringMessagesComeLastInTaxonomyOrderAndOnce() {
        let steered = CategoryPolicy(threshold: 0.5, action: .rewrite, rewrite: .steer(message: "Be careful."))
        let policy = policy(
            [
                .specializedAdvice: CategoryPolicy(threshold: 0.5, action: .rewrite),
                .hate: steered,
                .harassment: steered,
            ],
            rules: [redacting("a", "[a]")]
        )
        let scores = assessment([.specializedAdvice: 0.6, .hate: 0.6, .harassment: 0.9])
        #expect(
            edits(policy, assessments: [scores, scores], at: [("a", 0, 0..<2)]) == [
                .redact(segment: 0, spans: [(0..<2, "[a]")]),
                .steer(message: SafetyRequirement.text(for: .specializedAdvice)),
                .steer(message: "Be careful."),
            ]
        )
    }

    @Test func anAnswerIsWithheldWhereItCannotBeSteered() {
        let policy = policy([.specializedAdvice: CategoryPolicy(threshold: 0.5, action: .rewrite)])
        let scores = [assessment(), assessment([.specializedAdvice: 0.6])]
        #expect(
            edits(policy, phase: .output, assessments: scores)
                == [.replace(segment: 1, text: "[withheld: specialized advice]")]
        )
    }

    @Test func aCategoryWithoutSpansRedactsTheWholeSegment() {
        let redacted = CategoryPolicy(threshold: 0.5, action: .rewrite, rewrite: .redact(placeholder: "[cut]"))
        let scores = [assessment([.hate: 0.6]), assessment()]
        #expect(
            edits(policy([.hate: redacted]), assessments: scores) == [.redact(segment: 0, spans: [(0..<10, "[cut]")])]
        )
    }

    @Test func aFailureThatRewritesEditsEverySegmentThatCouldNotBeJudged() {
        let replaced = CategoryPolicy(
            threshold: 0.5,
            action: .rewrite,
            rewrite: .replace(text: "unchecked"),
            failureMode: .closed
        )
        let texts = segments("a", "b", "c")
        #expect(
            edits(policy([.hate: replaced]), texts, assessments: [nil, assessment(), nil])
                == [.replace(segment: 0, text: "unchecked"), .replace(segment: 2, text: "unchecked")]
        )
    }

    @Test func findingsThatOnlyLogEditNothing() {
        let policy = policy(rules: [.test("note", .privacy, .log), redacting("a", "[a]")])
        #expect(
            edits(policy, at: [("note", 0, 5..<6), ("a", 0, 0..<2)]) == [.redact(segment: 0, spans: [(0..<2, "[a]")])]
        )
    }

    @Test func whatAMatchCoversBesideItsPlaceIsEditedWhole() {
        let texts = segments("0123456789", "0123456789", "01", "")
        let matches = [
            RuleMatch(ruleID: "a", segment: 1, span: 4..<5),
            RuleMatch(ruleID: "b", segment: 0, span: 8..<10, covered: [1, 2, 3, 9]),
            RuleMatch(ruleID: "c", segment: 0, span: 9..<10, covered: [2]),
        ]
        func edits(_ rules: [Rule]) -> [Decision.Edit] {
            policy(rules: rules).decide(phase: .input, segments: texts, assessments: [], matches: matches).edits
        }
        #expect(
            edits([redacting("a", "[a]"), redacting("b", "[b]"), redacting("c", "[c]")]) == [
                .redact(segment: 0, spans: [(8..<10, "[b]")]),
                .redact(segment: 1, spans: [(0..<10, "[b]")]),
                .redact(segment: 2, spans: [(0..<2, "[b]")]),
            ]
        )
        #expect(
            edits([.test("c", .privacy, .rewrite, rewrite: .replace(text: "gone"))]) == [
                .replace(segment: 0, text: "gone"), .replace(segment: 2, text: "gone"),
            ]
        )
    }
}
