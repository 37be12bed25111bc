import Audit
import Synchronization
import Testing

@testable import DecisionStore

/// Takes records and keeps their ids.
private final class ListedSink: AuditSink {
    private let ids = Mutex<[String]>([])
    private let closed = Mutex(false)

    var list: [String] { ids.withLock { $0 } }
    var isClosed: Bool { closed.withLock { $0 } }
    func reserve() -> Bool { false }
    func record(_ record: AuditRecord) { ids.withLock { $0.append(record.requestID) } }
    func flush() {}
    func close() { closed.withLock { $0 = true } }
    var statistics: AuditStatistics { AuditStatistics(written: list.count) }
}

/// Tells when it is closed.
private final class LastSink: AuditSink {
    private let closing: @Sendable () -> Void

    init(_ closing: @escaping @Sendable () -> Void) { self.closing = closing }
    func record(_ record: AuditRecord) {}
    func flush() {}
    func close() { closing() }
    var statistics: AuditStatistics { AuditStatistics() }
}

@Suite struct StoringSinkTests {
    @Test func theLogAndTheStoreGetEachRecord() throws {
        let (log, store) = (ListedSink(), try DecisionStore(.memory))
        let sink = StoringSink(log, store: store)
        for number in 1...3 { sink.record(.sample("r\(number)", at: AuditTime.now().millisecondsSinceEpoch / 1000)) }
        sink.flush()
        #expect(log.list == ["r1", "r2", "r3"])
        #expect(try store.decisions(DecisionQuery()).map(\.requestID) == ["r3", "r2", "r1"])
        #expect(sink.counts == .init(stored: 3))
        #expect(sink.statistics.written == 3)
    }

    @Test func whatTheLogRefusesIsRefused() throws {
        #expect(try !StoringSink(ListedSink(), store: DecisionStore(.memory)).reserve())
    }

    @Test func beyondItsRoomCopiesAreDroppedAndCountedAndTheLogLosesNothing() throws {
        let log = ListedSink()
        let sink = StoringSink(log, store: try DecisionStore(.memory), capacity: 2)
        for number in 1...5 { sink.record(.sample("r\(number)", at: AuditTime.now().millisecondsSinceEpoch / 1000)) }
        sink.close()
        #expect(log.list.count == 5 && log.isClosed)
        #expect(sink.counts.dropped + sink.counts.stored == 5)
        #expect(sink.counts.stored >= 2)
    }

    /// It may stand still for longer than anybody waits.
    @Test func theStoreHasAllBeforeTheLogIsClosed() throws {
        let store = try DecisionStore(.memory)
        let stored = Mutex<[String]>([])
        let sink = StoringSink(
            LastSink {
                let decisions = try? store.decisions(DecisionQuery())
                stored.withLock { $0 = decisions?.map(\.requestID) ?? [] }
            },
            store: store
        )
        sink.record(.sample("r1", at: AuditTime.now().millisecondsSinceEpoch / 1000))
        sink.close()
        #expect(stored.withLock { $0 } == ["r1"])
    }

    @Test func beyondItsRoomInBytesCopiesAreDroppedToo() throws {
        let log = ListedSink()
        let sink = StoringSink(log, store: try DecisionStore(.memory), mostBytes: 20_000)
        var long = AuditRecord.sample("long", at: AuditTime.now().millisecondsSinceEpoch / 1000)
        long.content = .init(input: [String(repeating: "a", count: 30_000)])
        sink.record(long)
        sink.record(.sample("r", at: AuditTime.now().millisecondsSinceEpoch / 1000))
        sink.close()
        #expect(log.list.count == 2)
        #expect(sink.counts.dropped == 1 && sink.counts.stored == 1)
    }

    @Test func whatIsTooOldGoesWhileNothingIsRecorded() async throws {
        var retention = StoreRetention()
        retention.age = .seconds(1)
        let store = try DecisionStore(.memory, retention: retention)
        let sink = StoringSink(ListedSink(), store: store)
        // Behind the pruning at the start.
        sink.flush()
        try store.add([.sample("r1", at: AuditTime.now().millisecondsSinceEpoch / 1000)])
        let limit = ContinuousClock.now + .seconds(60)
        while try !store.decisions(DecisionQuery()).isEmpty, ContinuousClock.now < limit {
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(try store.decisions(DecisionQuery()).isEmpty)
        sink.close()
    }

    @Test(arguments: [
        (Duration.seconds(720 * 3600), Duration.seconds(3600)), (.seconds(3600), .seconds(360)),
        (.milliseconds(1), .milliseconds(100)),
    ])
    func noDecisionOutlivesItsTimeByMoreThanATenthOrAnHour(age: Duration, interval: Duration) {
        var retention = StoreRetention()
        retention.age = age
        #expect(retention.pruningInterval == interval)
    }

    @Test func aStoreThatFailsIsSaidAndTheLogLosesNothing() throws {
        let folder = try TemporaryFolder()
        let (log, store) = (ListedSink(), try DecisionStore(.file(folder.file("decisions.sqlite"))))
        try store.write { db in
            for table in ["finding", "decision"] { try db.rows("DROP TABLE \(table)", []) }
        }
        let sink = StoringSink(log, store: store)
        sink.record(.sample("r1"))
        sink.flush()
        #expect(log.list == ["r1"])
        #expect(sink.counts.failed == 1)
        #expect(sink.counts.failure?.contains("decision") == true)
    }
}
