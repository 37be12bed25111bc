import Audit
import DecisionStore
import GuardCore
import Testing

@testable import Gateway

@Suite struct MarkedLabelTests {
    /// A request that was decided about so, and marked so.
    private func decision(_ action: Action?, _ mark: Mark, failure: String? = nil) throws -> ScoredDecision {
        let store = try DecisionStore(.memory)
        var record = AuditRecord(
            time: .now(),
            requestID: "r1",
            policy: .init(name: "p", digest: "00"),
            mode: "enforce"
        )
        record.input = .init(
            action: action,
            categories: action == nil ? [] : [.hate],
            scores: Assessment(harm: 0.5, categories: CategoryScores(), tokens: 1),
            failure: failure,
            segmentsScanned: 1,
            segmentsUnscanned: 0
        )
        try store.add([record])
        #expect(try store.mark("r1", phase: .input, as: mark))
        return try #require(try store.scored(phase: .input, since: .distantPast, limit: 1).first)
    }

    private func label(_ action: Action?, _ mark: Mark) throws -> MarkedLabel {
        let marked = try decision(action, mark)
        return try #require(MarkedLabel(marked, phase: .input))
    }

    @Test func whatTheModelCouldNotJudgeIsNoLabel() throws {
        let failed = try decision(.block, Mark(isRight: true), failure: "overloaded")
        #expect(failed.scores != nil && MarkedLabel(failed, phase: .input) == nil)
    }

    @Test func aCategoryThatWasMissedSaysNothingOfTheOthers() throws {
        let missed = try label(nil, Mark(isRight: false, category: .weapons))
        #expect(missed.harmful && missed.categories == ["weapons": true])
        let unnamed = try label(nil, Mark(isRight: false))
        #expect(unnamed.harmful && unnamed.categories == nil)
    }

    @Test func whatWasFoundRightlyIsOfWhatItWasFoundIn() throws {
        let found = try label(.block, Mark(isRight: true))
        #expect(found.harmful && found.categories == nil)
    }

    @Test(arguments: [(.block, false), (nil, true)] as [(Action?, Bool)])
    func whatIsHarmlessIsOfNoCategory(_ action: Action?, _ isRight: Bool) throws {
        let harmless = try label(action, Mark(isRight: isRight))
        #expect(!harmless.harmful && harmless.categories == nil)
    }
}
