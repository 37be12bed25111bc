import Testing

@testable import Tokenizer

/// Texts that are made to be slow or to confuse. What is bounded is counted, not timed.
struct HostileTextTests {
    /// Bytes of a text: enough that what grows with the square would be seen. A megabyte of a few is below.
    static let length = 20_000
    /// Letters, spaces, breaks, numbers, marks, a contraction's quote, characters of two to four bytes, joiners.
    static let characters = [
        "a", "A", " ", "\n", "\t", "\r", "\r\n", "1", "'", "!", "-", "\u{e9}", "\u{301}", "\u{5b57}", "\u{d55c}",
        "\u{1f600}",
        "\u{200b}", "\u{200d}", "\u{feff}", "\u{10ffff}", "\u{fffd}", "\u{a0}", "\u{7f}", "\u{4}", "\u{1d}",
    ]
    /// Those whose bytes SmolLM's vocabulary has no token for, so that nothing is left of them.
    static let lost: Set<String> = ["\u{4}", "\u{1d}"]

    private static func text(_ character: String) -> String {
        String(repeating: character, count: length / character.utf8.count)
    }

    @Test(arguments: characters)
    func oneCharacterAgainAndAgainKeepsItsText(character: String) throws {
        let tokenizer = try Trunk.tokenizer()
        let text = Self.text(character)
        let tokens = tokenizer.encode(text)
        #expect(tokens.count <= text.utf8.count)
        let expected = Self.lost.contains(character) ? "" : text
        #expect(tokenizer.decode(tokens).utf8.elementsEqual(expected.utf8))
    }

    @Test(arguments: characters)
    func oneCharacterAgainAndAgainIsCutWithoutGaps(character: String) {
        var text = Self.text(character)
        text.withUTF8 { bytes in
            var words = PreTokenizer(bytes)
            var end = 0
            while let word = words.next() {
                guard word.lowerBound == end, !word.isEmpty else {
                    Issue.record("a word at \(word) after \(end)")
                    return
                }
                end = word.upperBound
            }
            #expect(end == bytes.count)
        }
    }

    @Test func mergingALongWordLooksAtNoMoreThanThreePairsASymbol() {
        // Doubling merges: runs of 2, 4, 8 ... 2^16 of a letter are tokens, the worst for a word of that letter.
        var table = MergeTable(capacity: 16)
        for rank in 0..<16 as Range<UInt32> {
            table.insert(Int32(rank), Int32(rank), MergeTable.Merge(rank: rank, product: Int32(rank) + 1))
        }
        for count in [25, 1000, 65_536, 65_537] {
            var symbols = [Int32](repeating: 0, count: count)
            var merger = WordMerger(table)
            merger.merge(&symbols)
            #expect(symbols.reduce(0) { $0 + 1 << Int($1) } == count)
            #expect(merger.candidates <= 3 * count, "\(count) symbols, \(merger.candidates) candidates")
        }
    }

    @Test(arguments: [" ", "1"])
    func aMegabyteOfWhatIsNoLetterIsEncodedWhole(character: String) throws {
        let tokenizer = try Trunk.tokenizer()
        let text = String(repeating: character, count: 1_000_000 / character.utf8.count)
        #expect(tokenizer.decode(tokenizer.encode(text)).utf8.elementsEqual(text.utf8))
    }

    @Test func emptyTextIsNoTokens() throws {
        let tokenizer = try Trunk.tokenizer()
        #expect(tokenizer.encode("").isEmpty)
        #expect(tokenizer.encode(bytes: []).isEmpty)
        #expect(tokenizer.decode([]).isEmpty)
        var stream = StreamDecoder(tokenizer)
        #expect(stream.finish().isEmpty)
    }

    @Test(arguments: [0x00, 0x80, 0xbf, 0xc0, 0xc1, 0xed, 0xf0, 0xf5, 0xff] as [UInt8])
    func oneByteAgainAndAgainIsReadAsWhatUTF8MakesOfIt(byte: UInt8) throws {
        let tokenizer = try Trunk.tokenizer()
        let bytes = [UInt8](repeating: byte, count: Self.length)
        #expect(tokenizer.encode(bytes: bytes) == tokenizer.encode(String(decoding: bytes, as: UTF8.self)))
    }
}
