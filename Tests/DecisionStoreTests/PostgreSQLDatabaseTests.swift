#if PostgreSQL
import Audit
import Foundation
import GuardCore
import Testing

@testable import DecisionStore

/// Against a real server: `make postgresql` starts one, and says where it is.
@Suite struct PostgreSQLDatabaseTests {
    /// A schema of its own on the server of the tests, dropped at the end.
    private final class Server {
        let place: StorePlace
        let address: String
        let schema: String

        init() throws {
            address = try #require(
                ProcessInfo.processInfo.environment["GUARDIAN_TEST_POSTGRESQL"],
                "GUARDIAN_TEST_POSTGRESQL is not the address of a server: run make postgresql"
            )
            let own = "test_\(UUID().uuidString.lowercased().replacing("-", with: "_"))"
            schema = own
            place = .postgresql(.init(address: address, schema: own))
        }

        func store(_ retention: StoreRetention = StoreRetention()) throws -> DecisionStore {
            try DecisionStore(place, retention: retention)
        }

        deinit {
            let store = try? DecisionStore(place)
            _ = try? store?.write { try $0.rows("DROP SCHEMA \(schema) CASCADE", []) }
        }
    }

    private let server: Server

    init() throws { server = try Server() }

    private static let always = AuditTime(millisecondsSinceEpoch: 0)

    /// Records with everything in them that a column may hold.
    private static var records: [AuditRecord] {
        var other = AuditRecord.sample("r4", at: 140)
        other.tenant = "acme"
        other.model = "other"
        other.candidate = .init(
            policy: .init(name: "c", digest: "01"),
            input: .init(action: .block, segmentsScanned: 1, segmentsUnscanned: 0)
        )
        var unjudged = AuditRecord.sample("r5", at: 150)
        unjudged.input = nil
        unjudged.candidate = other.candidate
        var failed = AuditRecord.sample("r6", at: 160, action: .block, category: .weapons)
        failed.input?.failure = "deadline"
        failed.input?.scores = nil
        failed.output = AuditRecord.sample("", action: .log, category: .privacy).input
        failed.output?.failure = "overloaded"
        failed.status = nil
        failed.error = "upstream_reset"
        return [
            .sample("r1", at: 10, action: .block, category: .hate, score: 0.75),
            .sample("r2", at: 20, action: .log, category: .privacy), .sample("r3", at: 30), other, unjudged, failed,
        ]
    }

    private static let trial = CandidateTrial(policy: "00ff", candidate: "01")

    private static var queries: [DecisionQuery] {
        let edits: [(inout DecisionQuery) -> Void] = [
            { _ in }, { $0.limit = 2 }, { $0.limit = 0 }, { $0.before = 4 }, { $0.action = "block" },
            { $0.action = "allow" }, { $0.category = .privacy }, { $0.tenant = "acme" }, { $0.model = "other" },
            { $0.requestID = "r3" }, { $0.since = AuditTime(millisecondsSinceEpoch: 30_000) },
            { $0.until = AuditTime(millisecondsSinceEpoch: 20_000) }, { $0.differsIn = Self.trial },
            { $0.isMarked = true }, { $0.tenant = "' OR 1 --" }, { $0.requestID = "r1'; DROP TABLE decision; --" },
        ]
        return edits.map { edit in
            var query = DecisionQuery()
            edit(&query)
            return query
        }
    }

    @Test func `it answers every question as SQLite does`() throws {
        let (one, other) = (try server.store(), try DecisionStore(.memory))
        for store in [one, other] {
            try store.add(Self.records)
            #expect(try store.mark("r2", phase: .input, as: Mark(isRight: true)))
            #expect(try store.mark("r2", phase: .input, as: Mark(isRight: false, category: .hate)))
            #expect(try store.mark("r6", phase: .output, as: Mark(isRight: true)))
            #expect(try store.mark("r1", phase: .input, as: Mark(isRight: true)))
            #expect(try store.mark("r1", phase: .input, as: nil))
            #expect(try !store.mark("r1", phase: .output, as: Mark(isRight: true)))
            #expect(try !store.mark("r9", phase: .input, as: Mark(isRight: true)))
        }
        for query in Self.queries { #expect(try one.decisions(query) == other.decisions(query)) }
        #expect(try one.decisions(DecisionQuery()).count == 6)
        for id in ["r1", "r6", "r9"] { #expect(try one.record(of: id) == other.record(of: id)) }
        for phase in Phase.allCases {
            for onlyMarked in [false, true] {
                let found = try [one, other].map {
                    try $0.scored(phase: phase, since: Self.always, limit: 5, onlyMarked: onlyMarked)
                }
                #expect(found[0] == found[1] && !found[0].isEmpty)
            }
        }
        for (since, step) in [(0, 60_000), (25, 1_000), (1_000_000, 60_000)] as [(Int64, Int64)] {
            let since = AuditTime(millisecondsSinceEpoch: since)
            #expect(
                try one.overview(since: since, step: step, trial: Self.trial)
                    == other.overview(since: since, step: step, trial: Self.trial)
            )
        }
    }

    @Test func `it forgets what SQLite forgets`() throws {
        var retention = StoreRetention()
        retention.age = .seconds(100)
        retention.decisions = 3
        let stores = [try server.store(retention), try DecisionStore(.memory, retention: retention)]
        for store in stores {
            // In memory the first ones would be gone before they are marked, if all came at once.
            try store.add(Array(Self.records.prefix(2)))
            #expect(try store.mark("r2", phase: .input, as: Mark(isRight: true)))
            try store.add(Array(Self.records.dropFirst(2)))
            try store.prune(at: AuditTime(millisecondsSinceEpoch: 245_000))
            #expect(try store.decisions(DecisionQuery()).map(\.requestID) == ["r6", "r5", "r2"])
            let findings = try store.read { try $0.rows("SELECT count(*) AS count FROM finding", []) }
            #expect(findings.first?.integer("count") == 3)
        }
    }

    @Test func `texts come back as they were, but for zero bytes`() throws {
        let store = try server.store()
        let text = "o'Reilly \"x\" $1 ? \\ \u{1F600} \u{2028}\n"
        var record = AuditRecord.sample("r1")
        record.tenant = text
        record.model = "a\0b"
        try store.add([record])
        let line = try #require(try store.decisions(DecisionQuery()).first)
        #expect(line.tenant == text && line.model == "a\u{FFFD}b")
        #expect(try store.record(of: "r1") == String(decoding: AuditEncoder.body(record), as: UTF8.self) + "}")
        var query = DecisionQuery()
        query.tenant = text
        #expect(try store.decisions(query).count == 1)
    }

    @Test func `scores are read from a server that writes bytes in the old way`() throws {
        let options = " options='-c bytea_output=escape'"
        let place = StorePlace.postgresql(.init(address: server.address + options, schema: server.schema))
        let stores = [try DecisionStore(place), try DecisionStore(.memory)]
        for store in stores { try store.add(Self.records) }
        let found = try stores.map {
            try $0.scored(phase: .input, since: Self.always, limit: 9, onlyMarked: false)
        }
        #expect(found[0] == found[1] && !found[0].isEmpty)
    }

    @Test func `several gateways share it`() async throws {
        // They find no tables, all at once.
        let place = server.place
        let stores = try await withThrowingTaskGroup(of: DecisionStore.self) { group in
            for number in 0..<4 {
                group.addTask {
                    let store = try DecisionStore(place)
                    try store.add([.sample("r\(number)")])
                    return store
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        for store in stores {
            #expect(Set(try store.decisions(DecisionQuery()).map(\.requestID)) == ["r0", "r1", "r2", "r3"])
        }
    }

    @Test func `a connection that broke is opened anew`() throws {
        let (first, second) = (try server.store(), try server.store())
        try first.add([.sample("r1")])
        let process = try first.read { try $0.rows("SELECT pg_backend_pid() AS id", []).first?.integer("id") }
        _ = try second.write { try $0.rows("SELECT pg_terminate_backend(?::int)", [StoreValue(process)]) }
        try first.add([.sample("r2")])
        #expect(try first.decisions(DecisionQuery()).map(\.requestID) == ["r2", "r1"])
    }

    @Test func `what fails halfway is undone, and the next goes on`() throws {
        struct Stop: Error {}
        let store = try server.store()
        // A row for each version that the tables went through.
        let versions = try store.read { try $0.rows("SELECT * FROM store_version", []).count }
        #expect(versions > 0)
        #expect(throws: StoreError.self) {
            try store.write { db in
                try db.rows("DELETE FROM store_version", [])
                throw Stop()
            }
        }
        #expect(throws: StoreError.self) { try store.write { try $0.rows("SELECT nonsense FROM decision", []) } }
        #expect(throws: StoreError.self) { try store.read { try $0.rows("DELETE FROM store_version", []) } }
        #expect(try store.read { try $0.rows("SELECT * FROM store_version", []).count } == versions)
    }

    @Test func `what a server says of a row is not repeated`() throws {
        let store = try server.store()
        let error = #expect(throws: StoreError.self) {
            try store.write { db in
                for _ in 1...2 {
                    try db.rows(
                        "INSERT INTO mark (request_id, phase, time, is_right) VALUES (?, ?, 1, 1)",
                        [.text("marmalade"), .text("input")]
                    )
                }
            }
        }
        #expect(error?.description.contains("23505") == true)
        #expect(error?.description.contains("marmalade") == false)
    }

    @Test(arguments: ["host=/nonexistent user=u password=secret", "postgresql://u:secret@127.0.0.1:1/x"])
    func `a server that is not there is said, without the password`(address: String) {
        let error = #expect(throws: StoreError.self) { try DecisionStore(.postgresql(.init(address: address))) }
        #expect(error?.description.hasPrefix("the PostgreSQL store: ") == true)
        #expect(error?.description.contains("secret") == false)
    }
}
#endif
