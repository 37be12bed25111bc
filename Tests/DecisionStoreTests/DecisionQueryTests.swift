import Audit
import GuardCore
import Testing

@testable import DecisionStore

@Suite struct DecisionQueryTests {
    private let store: DecisionStore

    init() throws {
        store = try DecisionStore(.memory)
        var other = AuditRecord.sample("r4", at: 40)
        other.tenant = "acme"
        other.model = "other"
        other.candidate = .init(
            policy: .init(name: "c", digest: "01"),
            input: .init(action: .block, segmentsScanned: 1, segmentsUnscanned: 0)
        )
        try store.add([
            .sample("r1", at: 10, action: .block, category: .hate),
            .sample("r2", at: 20, action: .log, category: .privacy),
            .sample("r3", at: 30),
            other,
        ])
    }

    private func found(_ edit: (inout DecisionQuery) -> Void) throws -> [String] {
        var query = DecisionQuery()
        edit(&query)
        return try store.decisions(query).map(\.requestID)
    }

    @Test func theNewestComeFirst() throws {
        #expect(try found { _ in } == ["r4", "r3", "r2", "r1"])
    }

    @Test func pagesFollowOneAnother() throws {
        var query = DecisionQuery()
        query.limit = 2
        query.before = try #require(try store.decisions(query).last).number
        #expect(try store.decisions(query).map(\.requestID) == ["r2", "r1"])
    }

    @Test func filtersByEachThing() throws {
        #expect(try found { $0.action = "block" } == ["r1"])
        #expect(try found { $0.action = "allow" } == ["r4", "r3"])
        #expect(try found { $0.category = .privacy } == ["r2"])
        #expect(try found { $0.tenant = "acme" } == ["r4"])
        #expect(try found { $0.model = "other" } == ["r4"])
        #expect(try found { $0.requestID = "r3" } == ["r3"])
        #expect(try found { $0.since = AuditTime(millisecondsSinceEpoch: 30_000) } == ["r4", "r3"])
        #expect(try found { $0.until = AuditTime(millisecondsSinceEpoch: 20_000) } == ["r1"])
        #expect(try found { $0.differsIn = CandidateTrial(policy: "00ff", candidate: "01") } == ["r4"])
        #expect(try found { $0.differsIn = CandidateTrial(policy: "00ff", candidate: "02") } == [])
        #expect(try found { $0.differsIn = CandidateTrial(policy: "00fe", candidate: "01") } == [])
        #expect(try store.mark("r2", phase: .input, as: Mark(isRight: false)))
        #expect(try found { $0.isMarked = true } == ["r2"])
    }

    /// The dashboard asks for the latest of each action every few seconds.
    @Test func theLatestOfAnActionAreFoundWithoutGoingThroughTheStore() throws {
        var query = DecisionQuery()
        query.action = "block"
        let (condition, arguments) = query.condition
        let plan = try store.read {
            try $0.rows(
                "EXPLAIN QUERY PLAN SELECT id FROM decision WHERE \(condition) ORDER BY id DESC LIMIT 8",
                arguments
            )
        }
        #expect(plan.map { $0.text("detail")?.contains("INDEX decision_action (action=?)") } == [true])
    }

    @Test func wordsOfSQLAreJustWords() throws {
        #expect(try found { $0.tenant = "' OR 1 --" } == [])
        #expect(try found { $0.requestID = "r1'; DROP TABLE decision; --" } == [])
        #expect(try found { _ in }.count == 4)
    }

    @Test func aLineSaysWhatWasDecidedAndFound() throws {
        let line = try #require(try store.decisions(DecisionQuery()).last)
        #expect(line.input == "block" && line.output == nil)
        #expect(line.categories == ["hate"])
        #expect(line.milliseconds == 30)
        #expect(line.time == "1970-01-01T00:00:10.000Z")
    }
}
