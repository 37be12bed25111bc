import Testing

@testable import Rules

@Suite struct RequiredByteTests {
    private func required(_ pattern: String, ignoreCase: Bool = false) throws -> RequiredByte? {
        RequiredByte.ofEveryMatch(try RegexParser.parse(pattern, ignoreCase: ignoreCase))
    }

    @Test func isTheRarestByteThatEveryMatchHolds() throws {
        #expect(try required("\\d{4}") == RequiredByte(kinds: ByteBlocks.digit, reach: 0))
        #expect(try required("[a-z]{2}\\d") == RequiredByte(kinds: ByteBlocks.digit, reach: 2))
        #expect(try required("[a-z]+@[a-z]+") == RequiredByte(kinds: ByteBlocks.at, reach: nil))
        #expect(try required("(?:[0-9a-f]{1,4}:){2}") == RequiredByte(kinds: ByteBlocks.colon, reach: 4))
        #expect(try required("ab\\d|x{1,3}:") == RequiredByte(kinds: ByteBlocks.digit | ByteBlocks.colon, reach: 3))
        // The Kelvin sign has three bytes.
        #expect(try required("[k\u{212A}]{2}\\d") == RequiredByte(kinds: ByteBlocks.digit, reach: 6))
    }

    @Test(arguments: ["[a-z]+", "\\w+ \\w+", "(\\d)?x", "x\\d*", "a|\\d", "."])
    func isNoneWhereEveryTextHoldsIt(pattern: String) throws { #expect(try required(pattern) == nil) }

    /// Skipping what is too far from such a byte loses no match, wherever in a long text it lies.
    @Test func skippingLosesNoMatch() throws {
        var generator = PatternGenerator(random: SeededGenerator(seed: 41))
        var matches = 0
        for number in 0..<1500 {
            let pattern = number % 2 == 0 ? generator.pattern() : "\\b[a-zé]{0,3}\\d" + generator.pattern(depth: 1)
            guard let regex = try? LinearRegex(pattern, ignoreCase: number % 3 == 0), regex.requiredByte != nil else {
                continue
            }
            let node = try RegexParser.parse(pattern, ignoreCase: number % 3 == 0)
            for _ in 0..<3 {
                var text = ""
                for _ in 0..<3 {
                    text += String(repeating: "z é", count: Int.random(in: 0...60, using: &generator.random))
                    text += generator.sample(node) + " "
                }
                let bytes = Array(text.utf8)
                bytes.withUnsafeBufferPointer { bytes in
                    let all = regex.matches(in: bytes, limit: 1000)
                    let quick = regex.matches(in: bytes, limit: 1000, blocks: ByteBlocks(bytes))
                    #expect(quick.spans == all.spans, "/\(pattern)/ on \(text.debugDescription)")
                    matches += all.spans.count
                }
            }
        }
        #expect(matches > 500)
    }
}

@Suite struct ByteBlocksTests {
    @Test func eachBlockHasTheKindsOfItsBytes() {
        let text = Array(repeating: UInt8(ascii: "a"), count: 2 * ByteBlocks.size + 1)
        for byte in UInt8.min...UInt8.max {
            for place in [0, 63, 64, 127, 128] {
                var text = text
                text[place] = byte
                let blocks = text.withUnsafeBufferPointer { ByteBlocks($0) }
                #expect(blocks.kinds.count == 3)
                #expect(blocks.kinds[place / ByteBlocks.size] & ByteBlocks.kind(byte) != 0)
                #expect(blocks.all == ByteBlocks.lowerCase | ByteBlocks.kind(byte))
                for block in 0..<3 where block != place / ByteBlocks.size {
                    #expect(blocks.kinds[block] == ByteBlocks.lowerCase)
                }
            }
        }
    }

    @Test func anEmptyTextHasNone() {
        let blocks = [UInt8]().withUnsafeBufferPointer { ByteBlocks($0) }
        #expect(blocks.kinds.isEmpty && blocks.all == 0)
    }
}
