import Testing

@testable import Deflate

@Suite struct BitWriterTests {
    @Test func whatIsWrittenIsRead() throws {
        var writer = BitWriter()
        let values = [(5, 3), (0, 1), (1023, 10), (0, 0), (77, 7), (32_767, 15), (1, 1)]
        for (value, width) in values { writer.append(value, width) }
        writer.alignToByte()
        writer.append(0xdead_beef, 32)
        var reader = BitReader(writer.take()[...])
        for (value, width) in values { #expect(try reader.bits(width) == value) }
        reader.alignToByte()
        #expect(try reader.word() == 0xdead_beef)
        #expect(reader.remaining == 0)
    }

    @Test func onlyWholeBytesAreHandedOver() {
        var writer = BitWriter()
        writer.append(0x1ff, 9)
        #expect(writer.take() == [0xff])
        #expect(writer.take() == [])
        writer.alignToByte()
        #expect(writer.take() == [1])
    }
}
