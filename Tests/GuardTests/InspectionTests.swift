import Guard
import GuardCore
import Policy
import Testing

@Suite struct InspectionTests {
    private static let rule = Finding(
        category: .privacy,
        source: .rule(id: "mail", spans: [0..<4]),
        action: .rewrite,
        segment: 0
    )
    private static let failure = Finding(category: .weapons, source: .failure, action: .block, segment: nil)

    private func inspection(failure: ClassifierError?) -> Inspection {
        Inspection(
            phase: .input,
            decision: Decision(
                action: .block,
                findings: [Self.failure, Self.rule],
                reply: .init(category: .weapons, style: .generated, isForced: false, segment: nil, isFailure: true)
            ),
            segments: [TextSegment(path: "/input", role: .user, text: "mail")],
            tokens: 3,
            assessments: [nil],
            failure: failure
        )
    }

    @Test func `judging that was called off is no failure, and what was found stands`() {
        let rest = inspection(failure: .failed("called off")).calledOff
        #expect(rest.failure == nil && rest.assessments.isEmpty && rest.scores == nil)
        #expect(rest.decision == Decision(action: .rewrite, findings: [Self.rule]))
        #expect(rest.segments.count == 1 && rest.tokens == 3)
    }

    @Test func `judging that came to its end is not called off`() {
        let whole = inspection(failure: nil)
        #expect(whole.calledOff.decision == whole.decision)
    }
}
