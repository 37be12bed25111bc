import Audit
import Foundation
import GuardCore
import Testing

@testable import DecisionStore

@Suite struct DecisionStoreTests {
    @Test func givesBackTheRecordAsTheLogHasIt() throws {
        let store = try DecisionStore(.memory)
        let record = AuditRecord.sample("r1", action: .block)
        try store.add([record])
        let line = try #require(try store.record(of: "r1"))
        #expect(line == String(decoding: AuditEncoder.body(record), as: UTF8.self) + "}")
        #expect(try JSONSerialization.jsonObject(with: Data(line.utf8)) is [String: Any])
        #expect(try store.record(of: "r2") == nil)
    }

    @Test func aFileIsReadByTheNextProcessAndByNobodyElse() throws {
        let folder = try TemporaryFolder()
        let place = StorePlace.file(folder.file("decisions.sqlite"))
        try DecisionStore(place).add([.sample("r1")])
        #expect(try DecisionStore(place).decisions(DecisionQuery()).map(\.requestID) == ["r1"])
        let attributes = try FileManager.default.attributesOfItem(atPath: folder.file("decisions.sqlite"))
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test func aFileOfTheFirstVersionIsGoneOnWith() throws {
        let folder = try TemporaryFolder()
        let place = StorePlace.file(folder.file("decisions.sqlite"))
        let old = try DecisionStore(place)
        try old.add([.sample("r1", at: 1)])
        // As it was before there was a second version.
        _ = try old.write { db in
            try db.rows("DROP INDEX decision_action", [])
            for column in ["safeguard_us", "route", "candidate_policy"] {
                try db.rows("ALTER TABLE decision DROP COLUMN \(column)", [])
            }
            try db.rows("DELETE FROM grdb_migrations WHERE identifier > '1'", [])
        }
        let store = try DecisionStore(place)
        var record = AuditRecord.sample("r2", at: 2)
        record.durations.safeguard = .seconds(1)
        try store.add([record])
        #expect(try store.decisions(DecisionQuery()).map(\.requestID) == ["r2", "r1"])
        let overview = try store.overview(since: AuditTime(millisecondsSinceEpoch: 0), step: 60_000)
        #expect(overview.latency.first { $0.stage == "safeguard" }?.count == 1)
    }

    @Test func twoStoresShareOneFile() throws {
        let folder = try TemporaryFolder()
        let place = StorePlace.file(folder.file("decisions.sqlite"))
        let (first, second) = (try DecisionStore(place), try DecisionStore(place))
        try first.add([.sample("r1")])
        try second.add([.sample("r2")])
        #expect(try first.decisions(DecisionQuery()).map(\.requestID) == ["r2", "r1"])
    }

    @Test func aFileThatIsNoDatabaseIsRefusedByName() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("notes.txt")
        try Data(repeating: 65, count: 4096).write(to: URL(fileURLWithPath: path))
        let error = #expect(throws: StoreError.self) { try DecisionStore(.file(path)) }
        #expect(error?.description.hasPrefix(path) == true)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data(repeating: 65, count: 4096))
    }

    @Test func aFolderThatDoesNotExistIsSaid() {
        #expect(throws: StoreError.self) { try DecisionStore(.file("/nonexistent/decisions.sqlite")) }
    }

    @Test func oldDecisionsGoButNotMarkedOnes() throws {
        var retention = StoreRetention()
        retention.age = .seconds(100)
        let store = try DecisionStore(.memory, retention: retention)
        try store.add([.sample("old", at: 10), .sample("marked", at: 10), .sample("new", at: 200)])
        #expect(try store.mark("marked", phase: .input, as: Mark(isRight: true)))
        try store.prune(at: AuditTime(millisecondsSinceEpoch: 250_000))
        #expect(try store.decisions(DecisionQuery()).map(\.requestID) == ["new", "marked"])
    }

    @Test func textsThatAreTooOldAreInNoFileAnyMore() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("decisions.sqlite")
        var retention = StoreRetention()
        retention.age = .seconds(100)
        let store = try DecisionStore(.file(path), retention: retention)
        var old = AuditRecord.sample("old", at: 10)
        old.content = .init(input: ["marmalade"])
        try store.add([old, .sample("new", at: 200)])
        func holdsText(_ name: String) -> Bool {
            let bytes = FileManager.default.contents(atPath: name) ?? Data()
            return bytes.range(of: Data("marmalade".utf8)) != nil
        }
        let files = [path, path + "-wal"]
        #expect(files.contains(where: holdsText))
        try store.prune(at: AuditTime(millisecondsSinceEpoch: 250_000))
        #expect(!files.contains(where: holdsText))
        #expect(try store.decisions(DecisionQuery()).map(\.requestID) == ["new"])
    }

    @Test func ofTooManyTheOldestGoWithTheirFindings() throws {
        var retention = StoreRetention()
        retention.decisions = 2
        let store = try DecisionStore(.memory, retention: retention)
        try store.add((1...5).map { .sample("r\($0)", at: 10, action: .block) })
        try store.prune(at: AuditTime(millisecondsSinceEpoch: 10_000))
        #expect(try store.decisions(DecisionQuery()).map(\.requestID) == ["r5", "r4"])
        let findings = try store.read {
            try $0.rows("SELECT count(*) AS count FROM finding", []).first?.integer("count")
        }
        #expect(findings == 2)
    }

    @Test func ofTooManyBytesInMemoryTheOldestGo() throws {
        var retention = StoreRetention()
        retention.bytesInMemory = 25_000
        let folder = try TemporaryFolder()
        for (place, kept) in [
            (StorePlace.memory, ["r5", "r4", "r1"]), (.file(folder.file("db")), ["r5", "r4", "r3", "r2", "r1"]),
        ] {
            let store = try DecisionStore(place, retention: retention)
            let records = (1...5).map { number in
                var record = AuditRecord.sample("r\(number)", at: 10)
                record.content = .init(input: [String(repeating: "a", count: 10_000)])
                return record
            }
            try store.add([records[0]])
            #expect(try store.mark("r1", phase: .input, as: Mark(isRight: true)))
            try store.add(Array(records[1...]))
            try store.prune(at: AuditTime(millisecondsSinceEpoch: 10_000))
            #expect(try store.decisions(DecisionQuery()).map(\.requestID) == kept)
        }
    }

    @Test func aCharacterOfSeveralBytesCountsAsMany() throws {
        var retention = StoreRetention()
        retention.bytesInMemory = 30_000
        let store = try DecisionStore(.memory, retention: retention)
        try store.add(
            (1...5).map { number in
                var record = AuditRecord.sample("r\(number)", at: 10)
                record.content = .init(input: [String(repeating: "\u{AC00}", count: 4000)])
                return record
            }
        )
        try store.prune(at: AuditTime(millisecondsSinceEpoch: 10_000))
        #expect(try store.decisions(DecisionQuery()).map(\.requestID) == ["r5", "r4"])
    }

    @Test func inMemoryTheLatestAreFoundWhetherOrNotSomebodyLookedBetween() throws {
        var retention = StoreRetention()
        retention.decisions = 5
        for looks in [Set<Int>(), [3], [1, 2, 9, 20], Set(1...30)] {
            let store = try DecisionStore(.memory, retention: retention)
            for number in 1...30 {
                try store.add([.sample("r\(number)", at: 10)])
                guard looks.contains(number) else { continue }
                let expected = (max(1, number - 4)...number).reversed().map { "r\($0)" }
                #expect(try store.decisions(DecisionQuery()).map(\.requestID) == expected)
            }
            #expect(try store.decisions(DecisionQuery()).map(\.requestID) == ["r30", "r29", "r28", "r27", "r26"])
        }
    }

    @Test func numbersGrowEvenIfNoRowIsLeftThatIsKept() throws {
        var retention = StoreRetention()
        retention.decisions = 5
        let store = try DecisionStore(.memory, retention: retention)
        try store.add((1...5).map { .sample("a\($0)", at: 10) })
        let seen = try store.decisions(DecisionQuery()).map(\.number)
        try store.add((1...5).map { .sample("b\($0)", at: 10) })
        try store.prune(at: AuditTime(millisecondsSinceEpoch: 10_000))
        let numbers = try store.decisions(DecisionQuery()).map(\.number)
        #expect(try #require(numbers.min()) > #require(seen.max()))
    }

    @Test func inMemoryWhatNobodyLookedAtGoesWhenItIsTooOld() throws {
        var retention = StoreRetention()
        retention.age = .seconds(100)
        let store = try DecisionStore(.memory, retention: retention)
        try store.add([.sample("old", at: 10), .sample("new", at: 200)])
        try store.prune(at: AuditTime(millisecondsSinceEpoch: 250_000))
        #expect(try store.decisions(DecisionQuery()).map(\.requestID) == ["new"])
    }

    /// Not all of them may wait to be looked at: that would be twice the memory.
    @Test func inMemoryLongRecordsKeepTheirOrder() throws {
        let store = try DecisionStore(.memory)
        for number in 1...40 {
            var record = AuditRecord.sample("r\(number)", at: 10)
            record.content = .init(input: [String(repeating: "a", count: 1 << 20)])
            try store.add([record])
        }
        #expect(
            try store.decisions(DecisionQuery()).map(\.requestID) == (1...40).reversed().map { "r\($0)" }
        )
    }

    @Test func readersAndWritersAtOnceLoseNothingInMemory() async throws {
        let store = try DecisionStore(.memory)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 1...4 {
                group.addTask {
                    for number in 1...50 { try store.add([.sample("\(writer)-\(number)", at: 10)]) }
                }
                group.addTask {
                    for _ in 1...10 { _ = try store.decisions(DecisionQuery()) }
                }
            }
            try await group.waitForAll()
        }
        let found = try store.read { try $0.rows("SELECT count(DISTINCT request_id) AS count FROM decision", []) }
        #expect(found.first?.integer("count") == 200)
    }

    @Test func whatFailsHalfwayIsUndone() throws {
        struct Stop: Error {}
        let store = try DecisionStore(.memory)
        #expect(throws: StoreError.self) {
            try store.write { db in
                try db.rows(
                    "INSERT INTO mark (request_id, phase, time, is_right) VALUES (?, ?, ?, ?)",
                    [.text("r"), .text("input"), .integer(1), .integer(1)]
                )
                throw Stop()
            }
        }
        #expect(try store.read { try $0.rows("SELECT * FROM mark", []).isEmpty })
    }

    #if !PostgreSQL
    @Test func aBuildWithoutPostgreSQLSaysHowToGetOneAndNothingOfTheAddress() throws {
        let place = StorePlace.postgresql(.init(address: "postgresql://u:secret@db/x"))
        let error = #expect(throws: StoreError.self) { try DecisionStore(place) }
        #expect(error?.description.contains("--traits PostgreSQL") == true)
        #expect(error?.description.contains("secret") == false)
    }
    #endif
}
