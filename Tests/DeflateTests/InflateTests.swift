import Testing

@testable import Deflate

@Suite struct InflateTests {
    private func inflate(_ bytes: [UInt8], limit: Int = 1 << 20) throws(Inflate.Failure) -> [UInt8] {
        try Inflate.inflate(bytes[...], limit: limit).output
    }

    private let loaf = "A loaf keeps best in a box of wood. "

    @Test func eachKindOfBlockIsUnpacked() throws {
        let dynamic = Bytes.base64("c1TIyU9MU8hOTS0oVkhKLS5RyMxTSFRIyq9QyE9TKM/PT9FTcBxVM6pmVM2omlE1dFcDAA==")
        #expect(try self.inflate(dynamic) == Array(String(repeating: self.loaf, count: 40).utf8))
        let fixed = Bytes.base64("c1TIyU9MU8hOTS0oVkhKLS5RyMxTSFRIyq9QyE9TKM/PT9FTcCRLDQA=")
        #expect(try self.inflate(fixed) == Array(String(repeating: self.loaf, count: 3).utf8.prefix(90)))
        let stored = Bytes.base64("ASQA2/9BIGxvYWYga2VlcHMgYmVzdCBpbiBhIGJveCBvZiB3b29kLiA=")
        #expect(try self.inflate(stored) == Array(self.loaf.utf8))
        #expect(try self.inflate(Bytes.base64("AwA=")) == [])
    }

    @Test func everyCutOfEachKindIsRefused() {
        for text in [
            "c1TIyU9MU8hOTS0oVkhKLS5RyMxTSFRIyq9QyE9TKM/PT9FTcBxVM6pmVM2omlE1dFcDAA==",
            "ASQA2/9BIGxvYWYga2VlcHMgYmVzdCBpbiBhIGJveCBvZiB3b29kLiA=",
        ] {
            let bytes = Bytes.base64(text)
            for length in 0..<(bytes.count - 1) {
                #expect(throws: Inflate.Failure.malformed) { try self.inflate(Array(bytes[..<length])) }
            }
        }
    }

    @Test(
        arguments: [
            // A block of the kind that is none.
            [0x07],
            // A stored block whose length and its complement do not agree.
            [0x01, 0x05, 0x00, 0x00, 0x00, 1, 2, 3, 4, 5],
            // More codes than there are symbols: 287 literals, 31 distances.
            [0xfd, 0x1f, 0x00, 0x00, 0x00, 0x00],
            // Code lengths that no code has: all of length 1.
            [0x05, 0x00, 0x92, 0x24, 0x49, 0x92, 0x24, 0x49, 0x92, 0x24],
            // A copy from before the beginning: the first word is a length.
            [0x03, 0x02, 0x00, 0x00],
        ] as [[UInt8]]
    ) func whatNoPackerWritesIsRefused(bytes: [UInt8]) {
        #expect(throws: Inflate.Failure.malformed) { try self.inflate(bytes) }
    }

    @Test func theLimitHoldsToTheByte() throws {
        let packed = Bytes.base64("c1TIyU9MU8hOTS0oVkhKLS5RyMxTSFRIyq9QyE9TKM/PT9FTcBxVM6pmVM2omlE1dFcDAA==")
        #expect(try self.inflate(packed, limit: 1440).count == 1440)
        #expect(throws: Inflate.Failure.tooLarge) { try self.inflate(packed, limit: 1439) }
    }

    @Test func noBytesAtAllMakeItLeaveItsBounds() {
        var state: UInt64 = 0x9e37_79b9_7f4a_7c15
        for _ in 0..<20_000 {
            let bytes = (0..<48).map { _ in
                state ^= state << 13
                state ^= state >> 7
                state ^= state << 17
                return UInt8(truncatingIfNeeded: state)
            }
            if let output = try? self.inflate(bytes, limit: 4096) { #expect(output.count <= 4096) }
        }
    }
}
