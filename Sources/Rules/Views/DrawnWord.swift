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
        isCommon = letters.count > 1 && CommonWords.shared.contains(letters)
        guard !isCommon, !ambiguous.isEmpty, letters.count <= CommonWords.longestWord else { return }
        for choice in 1..<(1 << min(ambiguous.count, Self.ambiguityLimit)) {
            var other = letters
            for (bit, place) in ambiguous.prefix(Self.ambiguityLimit).enumerated() where choice >> bit & 1 == 1 {
                other[place] = UInt8(ascii: "l")
            }
            guard CommonWords.shared.contains(other) else { continue }
            letters = other
            isCommon = true
            return
        }
    }
}
