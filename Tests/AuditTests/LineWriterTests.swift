import Foundation
import Testing

@testable import Audit

/// A pipe whose reader decides when the writer may go on.
private final class SlowReader {
    let pipe = Pipe()
    var descriptor: Int32 { pipe.fileHandleForWriting.fileDescriptor }

    func readAll() -> Data {
        try? pipe.fileHandleForWriting.close()
        return (try? pipe.fileHandleForReading.readToEnd()) ?? Data()
    }
}

@Suite struct LineWriterTests {
    /// More than a pipe holds, so that the thread stands still in its write.
    private let block = [UInt8](repeating: 0x78, count: 1 << 20) + [0x0A]

    @Test func dropsAndCountsWhatTheQueueCannotHold() throws {
        let reader = SlowReader()
        let writer = LineWriter(capacity: 4, overflow: .drop, descriptor: reader.descriptor, closesDescriptor: false)
        writer.enqueue(block)
        // The thread takes the block and stands still in its write: then the pipe holds something to read.
        var ready = pollfd(fd: reader.pipe.fileHandleForReading.fileDescriptor, events: Int16(POLLIN), revents: 0)
        #expect(poll(&ready, 1, 30_000) == 1)
        for _ in 0..<10 { writer.enqueue([0x61, 0x0A]) }
        #expect(writer.statistics == AuditStatistics(dropped: 6, queued: 5))
        let handle = reader.pipe.fileHandleForReading
        let drain = Thread { while let data = try? handle.read(upToCount: 65_536), !data.isEmpty {} }
        drain.start()
        writer.close()
        #expect(writer.statistics == AuditStatistics(written: 5, dropped: 6))
        try reader.pipe.fileHandleForWriting.close()
    }

    @Test func blocksUntilThereIsRoomIfToldTo() throws {
        let reader = SlowReader()
        let writer = LineWriter(capacity: 1, overflow: .block, descriptor: reader.descriptor, closesDescriptor: false)
        let handle = reader.pipe.fileHandleForReading
        let drain = Thread { while let data = try? handle.read(upToCount: 65_536), !data.isEmpty {} }
        drain.start()
        for _ in 0..<20 { writer.enqueue(block) }
        writer.close()
        #expect(writer.statistics == AuditStatistics(written: 20))
        try reader.pipe.fileHandleForWriting.close()
    }

    @Test func aClosedPipeIsCountedAndKillsNobody() throws {
        let reader = SlowReader()
        try reader.pipe.fileHandleForReading.close()
        let writer = LineWriter(capacity: 4, overflow: .drop, descriptor: reader.descriptor, closesDescriptor: false)
        writer.enqueue([0x61, 0x0A])
        writer.close()
        #expect(writer.statistics == AuditStatistics(failed: 1))
    }

    @Test func linesComeOutWholeAndInOrder() throws {
        let reader = SlowReader()
        let writer = LineWriter(capacity: 100, overflow: .drop, descriptor: reader.descriptor, closesDescriptor: false)
        for number in 0..<50 { writer.enqueue(Array("line \(number)\n".utf8)) }
        writer.close()
        let text = String(decoding: reader.readAll(), as: UTF8.self)
        #expect(text == (0..<50).map { "line \($0)\n" }.joined())
    }

    @Test func aRoomOfNoneIsARoomOfOne() throws {
        let reader = SlowReader()
        let writer = LineWriter(capacity: 0, overflow: .block, descriptor: reader.descriptor, closesDescriptor: false)
        for _ in 0..<5 { writer.enqueue([0x61, 0x0A]) }
        writer.close()
        #expect(writer.statistics.written == 5)
    }
}
