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

    @Test func `a copy goes its own way, and neither writes into the other`() {
        var first = WireWriter(capacity: 64)
        first.number(1, 1)
        var second = first
        first.number(2, 2)
        second.number(3, 3)
        #expect(first.bytes == [0x08, 1, 0x10, 2] && second.bytes == [0x08, 1, 0x18, 3])
    }

    @Test func `any text comes out whole, whatever room there was`() throws {
        for length in [0, 1, 15, 16, 127, 128, 5000] {
            let text = String(repeating: "é", count: length)
            var writer = WireWriter()
            writer.text(1, text)
            writer.text(2, "static")
            var expected = WireWriter(capacity: 20_000)
            expected.begin(1, length: 2 * length)
            expected.raw(Array(text.utf8))
            expected.begin(2, length: 6)
            expected.raw(Array("static".utf8))
            #expect(writer.bytes == expected.bytes && writer.count == expected.bytes.count)
        }
    }

    @Test(arguments: [0, 1, 127, 128, 16_383, 16_384, 1 << 56, .max] as [UInt64])
    func `a number is as wide as it is said to be`(value: UInt64) {
        var writer = WireWriter()
        writer.number(1, value)
        #expect(writer.count == 1 + WireWriter.width(value))
    }
}
