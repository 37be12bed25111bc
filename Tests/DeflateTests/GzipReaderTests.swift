import Testing

@testable import Deflate

@Suite struct GzipReaderTests {
    private static let hello = Bytes.base64("H4sIAAAAAAACA8tIzcnJBwCGphA2BQAAAA==")

    private static func pack(_ text: [UInt8]) -> [UInt8] {
        var writer = GzipWriter()
        return writer.write(text) + writer.finish()
    }

    /// Reads all, so many bytes at a time.
    private func read(_ bytes: [UInt8], by count: Int = .max) throws(GzipReader.Failure) -> [UInt8] {
        var reader = GzipReader()
        var text: [UInt8] = []
        var rest = bytes[...]
        while true {
            while let piece = try reader.next() { text += piece }
            if rest.isEmpty {
                reader.end()
                while let piece = try reader.next() { text += piece }
                return text
            }
            reader.feed(Array(rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
    }

    @Test(arguments: [1, 2, 3, 7, 64, .max]) func howTheBytesComeDoesNotMatter(count: Int) throws {
        #expect(try self.read(Self.hello, by: count) == Array("hello".utf8))
        let text = Array(String(repeating: "a line of a log, and another; ", count: 400).utf8) + Array(0...255)
        #expect(try self.read(Self.pack(text), by: count) == text)
    }

    @Test(arguments: [1, 5, .max]) func storedBlocksAreReadToo(count: Int) throws {
        let block = Bytes.base64("ASQA2/9BIGxvYWYga2VlcHMgYmVzdCBpbiBhIGJveCBvZiB3b29kLiA=")
        let text = Array("A loaf keeps best in a box of wood. ".utf8)
        let sum = Gzip.checksum(text)
        let tail = [sum, UInt32(text.count)].flatMap { word in (0..<4).map { UInt8(word >> (8 * $0) & 0xff) } }
        #expect(try self.read(Self.hello[..<10] + block + tail, by: count) == text)
    }

    @Test func membersOneBehindTheOtherAreOneText() throws {
        #expect(
            try self.read(Self.hello + Self.hello + Self.pack([]) + Self.hello, by: 9) == Array("hellohellohello".utf8)
        )
    }

    @Test func everyCutIsSaid() {
        for bytes in [Self.hello, Self.pack(Array("A loaf keeps best in a box of wood.".utf8))] {
            for length in 0..<bytes.count {
                let cut = Array(bytes[..<length])
                #expect(throws: GzipReader.Failure.endsEarly(at: length)) { try self.read(cut) }
                #expect(throws: GzipReader.Failure.endsEarly(at: length)) { try self.read(cut, by: 1) }
            }
        }
    }

    @Test func whatStandsBehindAMemberIsSaid() {
        let end = Self.hello.count
        for rest in [[0], Array("more".utf8), [UInt8](repeating: 0, count: 512), [0x1f, 0x8b, 9]] as [[UInt8]] {
            #expect(throws: GzipReader.Failure.notGzip(at: end)) { try self.read(Self.hello + rest) }
        }
        #expect(throws: GzipReader.Failure.endsEarly(at: end + 2)) { try self.read(Self.hello + [0x1f, 0x8b]) }
    }

    @Test func whatIsNoGzipIsSaid() {
        #expect(throws: GzipReader.Failure.notGzip(at: 0)) { try self.read(Array(#"{"event":"exchange"}"#.utf8)) }
        #expect(!GzipReader.isGzip(Array("{".utf8)) && !GzipReader.isGzip([]) && !GzipReader.isGzip([0x1f]))
        #expect(GzipReader.isGzip(Self.hello))
    }

    @Test func aChangedBitMakesNoOtherText() throws {
        let text = Array("A loaf keeps best in a box of wood.".utf8)
        let packed = Self.pack(text)
        for index in packed.indices {
            for bit in 0..<8 {
                var changed = packed
                changed[index] ^= 1 << bit
                // Some bits are about whoever packed it, and some fill the last byte.
                if let read = try? self.read(changed) { #expect(read == text) }
            }
        }
        var changed = packed
        changed[packed.count - 1] ^= 1
        #expect(throws: GzipReader.Failure.wrongChecksum(at: packed.count)) { try self.read(changed) }
    }

    @Test func aNameThatNeverEndsIsNotWaitedFor() {
        let head: [UInt8] = [0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 2, 3]
        #expect(throws: GzipReader.Failure.notGzip(at: 0)) {
            try self.read(head + [UInt8](repeating: 0x61, count: 200_000), by: 50_000)
        }
    }

    @Test func howeverMuchComesOutItComesInPieces() throws {
        var reader = GzipReader()
        reader.feed(Bytes.repeated(times: 4000).dropLast(8))
        var total = 0
        while let piece = try reader.next() {
            #expect(piece.count < (64 << 10) + 258)
            total += piece.count
        }
        #expect(total == 1 + 4000 * 258)
    }

    @Test func noBytesAtAllMakeItLeaveItsBounds() {
        var state: UInt64 = 0x9e37_79b9_7f4a_7c15
        for _ in 0..<3000 {
            let bytes = (0..<40).map { _ in
                state ^= state << 13
                state ^= state >> 7
                state ^= state << 17
                return UInt8(truncatingIfNeeded: state)
            }
            #expect(throws: GzipReader.Failure.self) { try self.read(Self.hello[..<10] + bytes, by: 6) }
        }
    }
}
