import Testing

@testable import Deflate

@Suite struct BitReaderTests {
    @Test func bytesThatComeLaterGoOnWhereTheOthersEnd() throws {
        var reader = BitReader([0b1010_0101])
        #expect(try reader.bits(4) == 0b0101)
        #expect(throws: Inflate.Failure.endsEarly) { try reader.bits(8) }
        reader.append([0b0000_1111])
        #expect(try reader.bits(8) == 0b1111_1010)
        #expect(reader.consumed == 2 && reader.remaining == 0)
    }

    @Test func aMarkIsGoneBackTo() throws {
        var reader = BitReader([1, 2, 3, 4])
        _ = try reader.bits(8)
        let mark = reader.mark
        #expect(try reader.bits(16) == 0x0302)
        reader.goBack(to: mark)
        #expect(reader.consumed == 1 && reader.remaining == 3)
        #expect(try reader.bits(16) == 0x0302)
    }

    @Test func bytesThatWereLookedAtAreNotUsed() throws {
        var reader = BitReader([7, 7, 7])
        _ = reader.peek(16)
        #expect(reader.consumed == 0 && reader.remaining == 3)
        try reader.skip(1)
        #expect(reader.consumed == 1 && reader.remaining == 2)
    }
}
