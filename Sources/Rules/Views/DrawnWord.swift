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
        let likeliest = WordByte.likeliest
        letters = bytes.map { likeliest[Int($0)] }
        isCommon = letters.count > 1 && CommonWords.shared.contains(letters)
        if bytes.contains(WordByte.ambiguous) { choose(among: bytes) }
    }

    /// Whether letters, digits and signs are a common word.
    static func isCommon(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard bytes.count > 1, bytes.count <= CommonWords.longestWord else { return false }
        if bytes.contains(WordByte.ambiguous) { return DrawnWord(bytes).isCommon }
        let likeliest = WordByte.likeliest
        return CommonWords.shared.contains(PackedWord(bytes.lazy.map { likeliest[Int($0)] }))
    }

    /// Takes the letters that make the most usual word for the digits that may be one of two.
    private mutating func choose(among bytes: some Collection<UInt8>) {
        var places: [Int] = []
        for (place, byte) in bytes.enumerated() where byte == WordByte.ambiguous {
            places.append(place)
            if places.count == Self.ambiguityLimit { break }
        }
        // A long word is no common one. What stands behind the last of the digits is the same for all, but for the two letters
        // that make triples with it.
        var end = letters.count
        if end > CommonWords.longestWord, let last = places.last {
            end = min(end, max(last + 3, CommonWords.longestWord + 1))
        }
        var other = Array(letters[..<end])
        var best = Self.score(of: other)
        for choice in 1..<(1 << places.count) {
            for (bit, place) in places.enumerated() {
                other[place] = choice >> bit & 1 == 1 ? UInt8(ascii: "l") : UInt8(ascii: "i")
            }
            let score = Self.score(of: other)
            guard score > best else { continue }
            best = score
            letters.replaceSubrange(..<end, with: other)
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
