import SwiftProtobuf
import Testing

@testable import Tracing

@Suite struct ExportSourceTests {
    @Test func `a receiver's answer tells what it refused`() throws {
        let answer = try Otlp_ExportResponse.with { $0.partialSuccess.rejected = 3 }.serializedBytes() as [UInt8]
        #expect(ExportSource.rejected(answer) == 3)
        #expect(ExportSource.rejected([]) == 0)
        #expect(ExportSource.rejected(Array("not protobuf".utf8)) == 0)
        let wrong = try Otlp_ExportResponse.with { $0.partialSuccess.rejected = -3 }.serializedBytes() as [UInt8]
        #expect(ExportSource.rejected(wrong) == 0)
    }
}
