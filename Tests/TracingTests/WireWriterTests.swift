import SwiftProtobuf
import Testing

@testable import Tracing

@Suite struct WireWriterTests {
    /// From "Encoding" (protobuf.dev): `message Test1 { int32 a = 1; }` with 150, and `message Test3 { Test1 c = 3; }` around it.
    @Test func `the documentation's own examples come out as it has them`() {
        var number = WireWriter()
        number.number(1, 150)
        #expect(number.bytes == [0x08, 0x96, 0x01])
        var nested = WireWriter()
        nested.message(3) { $0.number(1, 150) }
        #expect(nested.bytes == [0x1a, 0x03, 0x08, 0x96, 0x01])
        var text = WireWriter()
        text.text(2, "testing")
        #expect(text.bytes == [0x12, 0x07] + Array("testing".utf8))
    }

    @Test func `fixed numbers are little-endian, names of traces big-endian`() {
        var writer = WireWriter()
        writer.fixed(1, 1 as UInt64)
        writer.fixed(2, 1 as UInt32)
        writer.bigEndian(3, 1)
        writer.bigEndian(4, 1, 2)
        var expected: [UInt8] = [0x09, 1, 0, 0, 0, 0, 0, 0, 0, 0x15, 1, 0, 0, 0]
        expected += [0x1a, 8, 0, 0, 0, 0, 0, 0, 0, 1]
        expected += [0x22, 16, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2]
        #expect(writer.bytes == expected)
    }

    @Test func `a negative number has ten bytes`() {
        var writer = WireWriter()
        writer.number(1, UInt64(bitPattern: -1))
        #expect(writer.bytes == [0x08] + Array(repeating: 0xff, count: 9) + [0x01])
    }

    @Test(arguments: [0, 1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152])
    func `a message of any length has its length before it`(length: Int) throws {
        var writer = WireWriter()
        writer.number(6, 1)
        writer.message(15) { $0.raw(Array(repeating: 0x7a, count: length)) }
        writer.number(6, 2)
        var expected = WireWriter()
        expected.number(6, 1)
        expected.begin(15, length: length)
        #expect(expected.bytes.count == 2 + WireWriter.beginning(15, length: length))
        expected.raw(Array(repeating: 0x7a, count: length))
        expected.number(6, 2)
        #expect(writer.bytes == expected.bytes)
    }
}
