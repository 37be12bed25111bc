import Foundation
import Testing

@testable import Audit

@Suite struct StandardOutputAuditSinkTests {
    @Test func writesLinesAndLeavesTheDescriptorOpen() throws {
        let pipe = Pipe()
        let descriptor = pipe.fileHandleForWriting.fileDescriptor
        let sink = StandardOutputAuditSink(descriptor: descriptor, capacity: 10, overflow: .drop)
        sink.record(.sample(requestID: "one"))
        sink.record(.sample(requestID: "two"))
        sink.close()
        #expect(sink.statistics == AuditStatistics(written: 2))
        #expect(fcntl(descriptor, F_GETFD) >= 0)
        try pipe.fileHandleForWriting.close()
        let text = String(decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        #expect(text.split(separator: "\n").count == 2)
        #expect(text.contains("\"one\"") && text.contains("\"two\""))
    }
}
