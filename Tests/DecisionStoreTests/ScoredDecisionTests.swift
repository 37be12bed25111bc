import Audit
import GuardCore
import Testing

@testable import DecisionStore

@Suite struct ScoredDecisionTests {
    private let store: DecisionStore
    private let always = AuditTime(millisecondsSinceEpoch: 0)

    init() throws {
        store = try DecisionStore(.memory)
        try store.add([.sample("r1", action: .block, score: 0.75), .sample("r2", score: 0.25)])
    }

    @Test func scoresComeBackAsTheyWereWithinAFloat() throws {
        let decisions = try store.scored(phase: .input, since: always, limit: 10)
        #expect(decisions.map(\.requestID) == ["r2", "r1"])
        #expect(decisions.map { $0.scores?.categories[.hate] } == [0.25, 0.75])
        #expect(decisions.map { $0.scores?.harm } == [0.25, 0.75])
        #expect(decisions.map(\.action) == [nil, .block])
        #expect(try store.scored(phase: .output, since: always, limit: 10).isEmpty)
    }

    @Test func aDecisionComesBackWithWhatAnOverrideMayNameOfItsRequest() throws {
        var record = AuditRecord.sample("r3")
        record.route = "/v1/chat/completions"
        record.tenant = "acme"
        try store.add([record])
        let decision = try #require(try store.scored(phase: .input, since: always, limit: 1).first)
        #expect(decision.route == "/v1/chat/completions" && decision.dialect == "openai.chat")
        #expect(decision.tenant == "acme" && decision.model == "some-model")
    }

    @Test func aMarkIsKeptReplacedAndTakenBack() throws {
        func marks() throws -> [Mark] { try store.scored(phase: .input, since: always, limit: 10).compactMap(\.mark) }
        #expect(try store.mark("r2", phase: .input, as: Mark(isRight: true)))
        #expect(try store.mark("r2", phase: .input, as: Mark(isRight: false, category: .hate)))
        #expect(try marks() == [Mark(isRight: false, category: .hate)])
        #expect(try store.scored(phase: .input, since: always, limit: 10, onlyMarked: true).map(\.requestID) == ["r2"])
        #expect(try store.mark("r2", phase: .input, as: nil))
        #expect(try marks().isEmpty)
    }

    @Test func whatWasNotDecidedCannotBeMarked() throws {
        #expect(try !store.mark("r9", phase: .input, as: Mark(isRight: true)))
        #expect(try !store.mark("r1", phase: .output, as: Mark(isRight: true)))
    }
}
