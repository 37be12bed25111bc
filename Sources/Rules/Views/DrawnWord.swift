/// Letters, some of them drawn by digits and signs, read as a word.
struct DrawnWord {
    /// Letters in lower case.
    var letters: [UInt8]
    /// Whether it is a common word.
    var isCommon: Bool

    /// Digits that may be one of two letters and are tried both ways.
    private static let ambiguityLimit = 4

    /// - Parameter bytes: letters in either case, and digits and signs that stand for letters.
    init(_ bytes: some Collection<UInt8>) {
        letters = bytes.map { WordByte.letters(for: $0)?[0] ?? $0 | 0x20 }
        let ambiguous = bytes.enumerated().compactMap { WordByte.letters(for: $1)?.count == 2 ? $0 : nil }
        var best = Self.score(of: letters)
        for choice in 1..<(1 << min(ambiguous.count, Self.ambiguityLimit)) {
            var other = letters
            for (bit, place) in ambiguous.prefix(Self.ambiguityLimit).enumerated() {
                other[place] = choice >> bit & 1 == 1 ? UInt8(ascii: "l") : UInt8(ascii: "i")
            }
            let score = Self.score(of: other)
            if score > best { (letters, best) = (other, score) }
        }
        isCommon = best >= Self.common
    }

    /// A common word's score, less its rank, is more than that of any other.
    private static let common = 1 << 32

    /// How usual a word is; of what is no common one, how usual its letters are behind each other.
    private static func score(of letters: [UInt8]) -> Int {
        if letters.count > 1, let rank = CommonWords.shared.rank(of: PackedWord(letters)) { return 2 * common - rank }
        return LetterTriples.shared.likelihood(of: letters)
    }
}
