import Foundation
import Testing

@testable import Audit

@Suite struct DescriptorOutputTests {
    @Test func writesLinesAndLeavesTheDescriptorOpen() throws {
        let pipe = Pipe()
        let descriptor = pipe.fileHandleForWriting.fileDescriptor
        let log = AuditLog(output: DescriptorOutput(descriptor: descriptor), hash: testHash)
        log.record(.sample(requestID: "one"))
        log.record(.sample(requestID: "two"))
        log.close()
        #expect(log.statistics == AuditStatistics(written: 2))
        #expect(fcntl(descriptor, F_GETFD) >= 0)
        try pipe.fileHandleForWriting.close()
        let text = String(decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        #expect(text.split(separator: "\n").count == 4)
        #expect(text.contains("\"one\"") && text.contains("\"two\""))
    }

    @Test func aClosedPipeIsCountedAndKillsNobody() throws {
        let pipe = Pipe()
        let log = AuditLog(
            output: DescriptorOutput(descriptor: pipe.fileHandleForWriting.fileDescriptor),
            hash: testHash
        )
        try pipe.fileHandleForReading.close()
        log.record(.sample())
        log.close()
        #expect(log.statistics == AuditStatistics(failed: 1))
    }

    @Test func aPipeThatTakesNoMoreIsWaitedFor() throws {
        let pipe = Pipe()
        let descriptor = pipe.fileHandleForWriting.fileDescriptor
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        let line = [UInt8](repeating: 0x78, count: 1 << 20) + [0x0A]
        let handle = pipe.fileHandleForReading
        let drain = Thread { while let data = try? handle.read(upToCount: 65_536), !data.isEmpty {} }
        drain.start()
        #expect(DescriptorOutput(descriptor: descriptor).write(line, event: "exchange"))
        try pipe.fileHandleForWriting.close()
    }
}
