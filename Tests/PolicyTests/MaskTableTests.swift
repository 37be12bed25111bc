import GuardCore
import Policy
import Testing

@Suite struct MaskTableTests {
    private let policy = Policy(
        name: "test",
        rules: [
            .test("mask", .privacy, .rewrite, rewrite: .mask(label: "[m]")),
            .test("other", .privacy, .rewrite, rewrite: .mask(label: "<o>")),
            .test("redact", .privacy, .rewrite, rewrite: .redact(placeholder: "[r]")),
        ]
    )

    private func decide(
        _ texts: [TextSegment],
        phase: Phase = .input,
        at matches: [(String, Int, Range<Int>)]
    ) -> Decision {
        let matches = matches.map { RuleMatch(ruleID: $0, segment: $1, span: $2) }
        return policy.decide(phase: phase, segments: texts, assessments: [], matches: matches)
    }

    @Test func numbersThatTheCallerHasWrittenArePassedOver() {
        let decision = decide(segments("[m-1] ann [m-3] bob [m-"), at: [("mask", 0, 6..<9), ("mask", 0, 16..<19)])
        #expect(decision.restorations.map(\.placeholder) == ["[m-2]", "[m-4]"])
    }

    @Test func theSameWordsHaveTheSameNumber() {
        let decision = decide(
            segments("ann and bob", "bob, ann"),
            at: [("mask", 0, 0..<3), ("mask", 0, 8..<11), ("mask", 1, 0..<3), ("mask", 1, 5..<8)]
        )
        #expect(
            decision.edits == [
                .redact(segment: 0, spans: [(0..<3, "[m-1]"), (8..<11, "[m-2]")]),
                .redact(segment: 1, spans: [(0..<3, "[m-2]"), (5..<8, "[m-1]")]),
            ]
        )
        #expect(
            decision.restorations == [
                .init(placeholder: "[m-1]", original: "ann"), .init(placeholder: "[m-2]", original: "bob"),
            ]
        )
    }

    @Test func eachLabelCountsForItself() {
        let decision = decide(
            segments("ann bob cy"),
            at: [("mask", 0, 0..<3), ("other", 0, 4..<7), ("redact", 0, 8..<10)]
        )
        #expect(
            decision.edits == [.redact(segment: 0, spans: [(0..<3, "[m-1]"), (4..<7, "<o-1>"), (8..<10, "[r]")])]
        )
        #expect(decision.restorations.count == 2)
    }

    @Test func aPlaceholderThatTheCallerWroteIsPassedOver() {
        let decision = decide(segments("ann [m-1]", "[m-2]"), at: [("mask", 0, 0..<3)])
        #expect(decision.edits == [.redact(segment: 0, spans: [(0..<3, "[m-3]")])])
    }

    @Test func anAnswerIsRedactedForGood() {
        let decision = decide(segments("ann", role: .assistant), phase: .output, at: [("mask", 0, 0..<3)])
        #expect(decision.edits == [.redact(segment: 0, spans: [(0..<3, "[m]")])])
        #expect(decision.restorations.isEmpty)
    }
}
