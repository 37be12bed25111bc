import Foundation
import Synchronization
import Testing

@testable import Audit

@Suite struct RecordQueueTests {
    private let output = MemoryOutput()

    private func log(
        capacity: Int,
        mostBytes: Int = AuditLog.mostBytes,
        overflow: AuditOverflow,
        reopenPause: Duration = .seconds(1)
    ) -> AuditLog {
        AuditLog(
            output: output,
            capacity: capacity,
            mostBytes: mostBytes,
            overflow: overflow,
            hash: testHash,
            reopenPause: reopenPause
        )
    }

    /// A record of more than so many bytes.
    private func long(_ bytes: Int) -> AuditRecord {
        var record = AuditRecord.sample()
        record.content = .init(input: [String(repeating: "a", count: bytes)])
        return record
    }

    @Test func dropsAndCountsAndTellsOfWhatTheQueueCannotHold() async throws {
        let log = log(capacity: 4, overflow: .drop)
        output.hold(true)
        #expect(log.reserve())
        log.record(.sample())
        // The thread takes the record and stands still.
        try await eventually { output.isWaiting }
        for _ in 0..<10 { log.record(.sample()) }
        #expect(log.statistics.dropped == 6 && log.statistics.queued == 5)
        #expect(log.statistics.lag > .zero)
        output.hold(false)
        log.close()
        #expect(log.statistics == AuditStatistics(written: 5, dropped: 6))
        let told = output.lines.filter { $0.contains(#""event":"lost""#) }
        #expect(told.count == 1 && told[0].contains("\"records\":6,"))
    }

    @Test func refusesExchangesWhenThereIsNoRoomForTheirRecords() {
        let log = log(capacity: 2, overflow: .refuse)
        #expect(log.reserve())
        #expect(log.reserve())
        #expect(!log.reserve())
        #expect(log.statistics.refused == 1)
        log.record(.sample())
        log.flush()
        #expect(log.reserve())
        log.record(.sample())
        log.record(.sample())
        log.close()
        #expect(log.statistics == AuditStatistics(written: 3, refused: 1))
        #expect(output.events.count(where: { $0 == "exchange" }) == 3)
        #expect(output.lines.contains { $0.contains(#""event":"lost""#) && $0.contains(#""records":1,"#) })
        #expect(!log.reserve())
    }

    @Test func `beyond so many bytes records are dropped, and one has room however long it is`() async throws {
        let log = log(capacity: 100, mostBytes: 20_000, overflow: .drop)
        output.hold(true)
        log.record(long(30_000))
        try await eventually { output.isWaiting }
        // What is being written is still in memory.
        log.record(.sample())
        #expect(log.statistics.dropped == 1 && log.statistics.queued == 1)
        output.hold(false)
        log.flush()
        log.record(.sample())
        log.close()
        #expect(log.statistics == AuditStatistics(written: 2, dropped: 1))
    }

    @Test func `beyond so many bytes exchanges are refused, and those under way are recorded`() {
        let log = log(capacity: 100, mostBytes: 20_000, overflow: .refuse)
        output.hold(true)
        #expect(log.reserve())
        #expect(log.reserve())
        log.record(long(30_000))
        #expect(!log.reserve())
        log.record(.sample())
        output.hold(false)
        log.flush()
        #expect(log.reserve())
        log.record(.sample())
        log.close()
        #expect(log.statistics == AuditStatistics(written: 3, refused: 1))
    }

    @Test func `a record that is tried again does not keep the place from being opened anew`() async throws {
        let log = log(capacity: 4, overflow: .refuse)
        log.flush()
        output.refuse(.max)
        #expect(log.reserve())
        log.record(.sample())
        try await eventually { output.refused > 0 }
        log.reopen()
        try await eventually { log.statistics.written == 1 }
        log.close()
        #expect(output.events == ["started", "exchange", "stopped"])
    }

    @Test func `a place that cannot be opened anew is counted, and not tried again for each record`() {
        let log = log(capacity: 4, overflow: .drop, reopenPause: .seconds(3600))
        log.flush()
        output.shut(1)
        log.reopen()
        for _ in 0..<2 {
            log.record(.sample())
            log.flush()
        }
        #expect(output.reopenings == 0)
        log.close()
        #expect(log.statistics == AuditStatistics(written: 2, reopenFailures: 1))
    }

    @Test func `a place that could not be opened anew is tried again until it can be, and then no more`() {
        let log = log(capacity: 4, overflow: .drop, reopenPause: .zero)
        log.flush()
        output.shut(2)
        log.reopen()
        for _ in 0..<4 {
            log.record(.sample())
            log.flush()
        }
        #expect(output.reopenings == 1)
        log.close()
        #expect(log.statistics == AuditStatistics(written: 4, reopenFailures: 2))
    }

    @Test func aRecordThatMayNotBeLostIsTriedAgain() {
        let log = log(capacity: 4, overflow: .refuse)
        log.flush()
        output.refuse(3)
        #expect(log.reserve())
        log.record(.sample())
        log.flush()
        #expect(log.statistics.written == 1)
        log.close()
        #expect(output.events == ["started", "exchange", "stopped"])
    }

    /// One that is too long must not stop all that come behind it.
    @Test func aRecordThatThePlaceCanNeverTakeIsNotTriedAgain() {
        let log = log(capacity: 4, overflow: .refuse)
        log.flush()
        output.limit(4000)
        for record in [long(5000), .sample()] {
            #expect(log.reserve())
            log.record(record)
            log.flush()
        }
        #expect(log.statistics == AuditStatistics(written: 1, failed: 1))
        log.close()
        #expect(output.events == ["started", "lost", "exchange", "stopped"])
    }

    @Test func aRecordThatMayBeLostIsCountedAsFailed() {
        let log = log(capacity: 4, overflow: .drop)
        log.flush()
        output.refuse(1)
        log.record(.sample())
        log.flush()
        #expect(log.statistics == AuditStatistics(failed: 1))
        log.close()
        #expect(output.events == ["started", "lost", "stopped"])
    }

    @Test func aRecordWithoutRoomKeptForItIsDroppedWhereRoomIsKept() {
        let log = log(capacity: 4, overflow: .refuse)
        log.record(.sample())
        log.close()
        #expect(log.statistics == AuditStatistics(dropped: 1))
    }

    @Test func closingEndsTheTriesOfWhatCannotBeWritten() {
        let log = log(capacity: 4, overflow: .refuse)
        log.flush()
        output.refuse(.max)
        #expect(log.reserve())
        log.record(.sample())
        log.close()
        #expect(log.statistics == AuditStatistics(failed: 1))
    }

    @Test func `a place that stands still is given up at the end, and its records count as failed`() async throws {
        let log = AuditLog(output: output, hash: testHash, patience: .milliseconds(50))
        try await eventually { output.events == ["started"] }
        output.hold(true)
        log.record(.sample())
        try await eventually { output.isWaiting }
        log.record(.sample())
        for _ in 0..<2 {
            log.close()
            log.flush()
            #expect(log.statistics == AuditStatistics(failed: 2))
        }
        // Should it take something after all, the log is whole, and tells of what is missing.
        output.hold(false)
        try await eventually { output.events.last == "stopped" }
        #expect(output.events == ["started", "exchange", "lost", "stopped"])
        #expect(log.statistics == AuditStatistics(failed: 2))
    }

    @Test func afterCloseRecordsAreCountedAsDropped() {
        let log = log(capacity: 4, overflow: .drop)
        log.close()
        log.close()
        log.record(.sample())
        log.flush()
        #expect(log.statistics == AuditStatistics(dropped: 1))
    }

    @Test func manyThreadsLoseNothing() async {
        let log = log(capacity: 10_000, overflow: .drop)
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask { for number in 0..<100 { log.record(.sample(requestID: "\(task)-\(number)")) } }
            }
        }
        log.close()
        #expect(Set(output.lines).count == 802)
    }

    @Test func aRoomOfNoneIsARoomOfOne() {
        let log = log(capacity: 0, overflow: .refuse)
        #expect(log.reserve())
        #expect(!log.reserve())
        log.record(.sample())
        log.close()
        #expect(log.statistics.written == 1)
    }

    @Test func `nobody but the thread waits for a place far away, and what waited goes together`() {
        let output = RemoteOutput()
        let log = AuditLog(output: output, hash: testHash)
        for _ in 0..<100 { log.record(.sample()) }
        #expect(output.batches.isEmpty && log.statistics.queued == 100)
        output.letGo()
        log.close()
        #expect(log.statistics == AuditStatistics(written: 100))
        let lines = output.batches.map { $0.split(separator: "\n").count }
        #expect(lines.first == 1 && lines.last == 1 && lines.reduce(0, +) == 102 && lines.count < 20)
        let links = output.batches.joined().split(separator: "\n").compactMap { ChainLink.read(Array($0.utf8))?.link }
        #expect(links.map(\.sequence) == Array(1...102))
    }

    @Test func `lines that are turned away after all count as failed, and the log tells of them`() {
        let output = RemoteOutput(turnedAway: [0, 1])
        let log = AuditLog(output: output, hash: testHash)
        output.letGo()
        log.record(.sample())
        log.flush()
        #expect(log.statistics == AuditStatistics(failed: 1))
        log.record(.sample())
        log.close()
        #expect(log.statistics == AuditStatistics(written: 1, failed: 1))
        let told = output.batches.filter { $0.contains(#""event":"lost""#) }
        #expect(told.count == 1 && told[0].contains(#""records":1"#))
    }

    @Test func `the output is told before it is waited for at the end`() {
        let isTold = Mutex(false)
        let log = AuditLog(output: output, hash: testHash) { isTold.withLock { $0 = true } }
        #expect(!isTold.withLock { $0 })
        log.close()
        #expect(isTold.withLock { $0 })
    }
}
