/// Letters each of which was written as a token of its own (a number, a Morse sign, a word of the spelling alphabet), on their way
/// to being words again.
struct CodedLetters: Sendable, Equatable {
    private struct Letter: Sendable, Equatable {
        var byte: UInt8
        /// Its token.
        var source: Range<Int>
    }

    /// Tokens that are looked at as a code: fewer are chance.
    static let minimum = 8

    private var letters: [Letter] = []

    var count: Int { letters.count }
    /// The end of the last token.
    var end: Int? { letters.last?.source.upperBound }

    mutating func append(_ byte: UInt8, from source: Range<Int>) {
        letters.append(Letter(byte: byte, source: source))
    }

    /// The words; nil if the letters make none.
    ///
    /// Where the letters hold no spaces, the commonest separator of the tokens parts letters and any other parts words. Where there
    /// is no other either, the letters are divided into the words that they most likely are.
    func run(_ encoding: TextEncoding, in text: [UInt8]) -> DecodedRun? {
        guard letters.count >= Self.minimum else { return nil }
        guard let breaks = letters.contains(where: { $0.byte <= 0x20 }) ? [] : wordBreaks(in: text) else { return nil }
        var run = DecodedRun(encoding: encoding, bytes: [], map: OffsetMap())
        for (index, letter) in letters.enumerated() {
            if index > 0, breaks.contains(index) {
                run.bytes.append(0x20)
                let before = letters[index - 1].source.upperBound
                run.map.append(viewLength: 1, source: max(0, before - 1)..<max(before, letter.source.lowerBound))
            }
            run.bytes.append(letter.byte)
            run.map.append(viewLength: 1, source: letter.source)
        }
        return EnglishText.isLikely(run.bytes) ? run : nil
    }

    /// The letters that begin words, but for the first; nil if the letters make none.
    private func wordBreaks(in text: [UInt8]) -> Set<Int>? {
        var places: [[UInt8]: [Int]] = [:]
        for index in letters.indices.dropFirst() {
            let separator = text[letters[index - 1].source.upperBound..<letters[index].source.lowerBound]
            places[Array(separator), default: []].append(index)
        }
        let usual = places.max { ($0.value.count, $1.key.count) < ($1.value.count, $0.key.count) }?.key
        let breaks = places.filter { $0.key != usual }.flatMap(\.value)
        guard breaks.isEmpty else { return Set(breaks) }
        let plain = letters.map { $0.byte | 0x20 }
        guard LetterTriples.shared.mayBeEnglish(plain) else { return nil }
        let words = WordSplitter.split(plain).words
        return Set(words.dropFirst().map(\.range.lowerBound))
    }
}

/// Tells English from what only has its letters.
enum EnglishText {
    /// Bytes that are looked at.
    private static let evidence = 4096

    /// Whether three in five letters and more stand in words that are frequent, single letters aside.
    static func isLikely(_ text: some Sequence<UInt8>) -> Bool {
        var count = Count()
        var word = PackedWord()
        for byte in text.lazy.prefix(evidence) {
            if ASCIILetters.isLetter(byte) {
                word.append(byte | 0x20)
            } else {
                count.add(word)
                word = PackedWord()
            }
        }
        count.add(word)
        return count.isLikely
    }

    /// What the words seen so far say.
    struct Count {
        private var letters = 0
        private var inWords = 0
        private var long = 0

        /// Words of three letters and more that are known, and no chance any more.
        private static let minimumLong = 2

        mutating func add(_ word: PackedWord) {
            guard word.count > 1 else { return }
            letters += word.count
            guard EnglishText.isKnown(word) else { return }
            inWords += word.count
            if word.count > 2 { long += 1 }
        }

        var isLikely: Bool { long >= Self.minimumLong && inWords * 5 >= letters * 3 }
    }

    /// Whether a word is frequent; a short one only if it is very much so.
    static func isKnown(_ word: PackedWord) -> Bool {
        CommonWords.shared.contains(word) || word.count > 3 && CommonWords.further.contains(word)
    }
}
