import Testing

@testable import Deflate

/// The packed texts were made by zlib; DEFLATE's own cases are `InflateTests`.
@Suite struct GzipTests {
    private let hello = Bytes.base64("H4sIAAAAAAACA8tIzcnJBwCGphA2BQAAAA==")

    @Test func oneMemberIsUnpacked() throws {
        #expect(try Gzip.inflate(self.hello, limit: 5) == Array("hello".utf8))
    }

    @Test func theLimitIsOfWhatComesOut() {
        #expect(throws: Gzip.Failure.tooLarge) { try Gzip.inflate(self.hello, limit: 4) }
    }

    @Test func allThatTheHeadMayHoldIsPassedOver() throws {
        let head: [UInt8] = [0x1f, 0x8b, 8, 0x1e, 0, 0, 0, 0, 2, 3]
        let fields: [UInt8] = [3, 0, 1, 2, 3] + Array("name".utf8) + [0] + Array("a comment".utf8) + [0, 0xaa, 0xbb]
        #expect(try Gzip.inflate(head + fields + self.hello[10...], limit: 100) == Array("hello".utf8))
    }

    @Test func everyCutIsRefused() {
        for length in 0..<self.hello.count {
            #expect(throws: Gzip.Failure.malformed) { try Gzip.inflate(Array(self.hello[..<length]), limit: 100) }
        }
    }

    @Test func whatStandsBehindTheMemberIsRefused() {
        for rest in [[0], self.hello, [UInt8](repeating: 0, count: 512)] {
            #expect(throws: Gzip.Failure.malformed) { try Gzip.inflate(self.hello + rest, limit: 100) }
        }
    }

    @Test(arguments: [0, 1, 2, 18, 19, 20, 21, 22, 23, 24]) func aChangedByteIsNoticed(index: Int) {
        var bytes = self.hello
        bytes[index] ^= 1
        #expect(throws: Gzip.Failure.malformed) { try Gzip.inflate(bytes, limit: 100) }
    }

    @Test(arguments: [0x20, 0x40, 0x80] as [UInt8]) func aFlagThatNobodyKnowsIsRefused(flag: UInt8) {
        var bytes = self.hello
        bytes[3] = flag
        #expect(throws: Gzip.Failure.malformed) { try Gzip.inflate(bytes, limit: 100) }
    }

    @Test func fieldsThatNeverEndAreRefused() {
        for flags: UInt8 in [4, 8, 16, 2] {
            let bytes: [UInt8] = [0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 2, 3] + [UInt8](repeating: 0xff, count: 60)
            #expect(throws: Gzip.Failure.malformed) { try Gzip.inflate(bytes, limit: 100) }
        }
    }

    @Test func whatIsTooDenseIsRefusedBeforeItIsUnpacked() {
        // 10 MB of zeros in a few bytes: a stored head, then one byte repeated.
        let bomb = Bytes.repeated(times: 40_000)
        #expect(throws: Gzip.Failure.tooDense) { try Gzip.inflate(bomb, limit: 100 << 20) }
        #expect(throws: Gzip.Failure.tooLarge) { try Gzip.inflate(bomb, limit: 1000) }
    }

    @Test func theChecksumIsTheOneOfTheRFC() {
        #expect(Gzip.checksum(Array("123456789".utf8)) == 0xcbf4_3926)
        #expect(Gzip.checksum([]) == 0)
    }
}

/// Packed bytes for tests.
enum Bytes {
    static func base64(_ text: String) -> [UInt8] {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var bytes: [UInt8] = []
        var bits = 0
        var count = 0
        for letter in text.utf8 {
            guard let value = alphabet.firstIndex(of: letter) else { break }
            bits = (bits << 6 | value) & 0xffff
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> count))
            }
        }
        return bytes
    }

    /// A gzip member of one block with the fixed code: a zero, and then so often 258 more of it. Two bits and 13 a copy.
    static func repeated(times: Int) -> [UInt8] {
        var bits: [Bool] = [true, true, false]
        func word(_ value: Int, _ length: Int) {
            for bit in (0..<length).reversed() { bits.append(value >> bit & 1 == 1) }
        }
        word(0x30, 8)
        for _ in 0..<times {
            word(0xc5, 8)
            word(0, 5)
        }
        word(0, 7)
        var bytes: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 3]
        for start in stride(from: 0, to: bits.count, by: 8) {
            bytes.append(
                bits[start..<min(start + 8, bits.count)].enumerated().reduce(UInt8(0)) {
                    $0 | ($1.element ? 1 << UInt8($1.offset) : 0)
                }
            )
        }
        return bytes + [UInt8](repeating: 0, count: 8)
    }
}
