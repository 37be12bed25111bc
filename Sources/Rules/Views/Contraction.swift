/// The words beside an apostrophe in a text without spaces: `Idon'tknow`, `myfriends'house`.
struct Contraction {
    let text: [UInt8]
    let joined: JoinedLetters

    private static let endings = ["t", "s", "m", "d", "re", "ve", "ll"].map { Array($0.utf8) }

    /// - Returns: how many of the letters at `start` belong to the word before the apostrophe there: none behind a plural; nil if
    ///   there is no apostrophe, or none of these.
    func length(of letters: Range<Int>) -> Int? {
        let start = letters.lowerBound
        guard start > 1, ASCIILetters.isLetter(text[start - 2]), text[start - 1] == Self.apostrophe else { return nil }
        let following = text[letters].map { $0 | 0x20 }
        var lengths = Self.endings.filter { following.starts(with: $0) }.map(\.count)
        if text[start - 2] | 0x20 == UInt8(ascii: "s") { lengths.append(0) }
        if joined.isCapitalised, text[start] & 0x20 == 0 { return 0 }
        return lengths.min { cost(following, behind: $0) < cost(following, behind: $1) }
    }

    private static let ordinals = ["st", "nd", "rd", "th"].map { Array($0.utf8) }

    /// - Returns: how many of the letters belong to the number before them (`3rd`); nil if they are words of their own.
    func ordinalLength(of letters: Range<Int>) -> Int? {
        let start = letters.lowerBound
        guard start > 0, (0x30...0x39).contains(text[start - 1]), letters.count > 2 else { return nil }
        let following = text[letters].map { $0 | 0x20 }
        guard Self.ordinals.contains(where: { following.starts(with: $0) }) else { return nil }
        return cost(following, behind: 2) < cost(following, behind: 0) ? 2 : nil
    }

    /// The words of a run of letters; an `n` that belongs to the `n't` behind it is no word of its own.
    func words(of source: Range<Int>) -> [Range<Int>] {
        let words = joined.words(of: source)
        guard source.count > 2, source.upperBound + 1 < text.count, text[source.upperBound] == Self.apostrophe,
            text[source.upperBound + 1] | 0x20 == UInt8(ascii: "t"),
            text[source.upperBound - 1] | 0x20 == UInt8(ascii: "n")
        else { return words.map(\.range) }
        let without = joined.words(of: source.lowerBound..<source.upperBound - 1)
        let isPlain = words.filter { !$0.isCommon }.isEmpty && words[words.count - 1].range.count > 1
        guard !isPlain, let last = without.last, last.isCommon else { return words.map(\.range) }
        return without.dropLast().map(\.range) + [last.range.lowerBound..<source.upperBound]
    }

    private func cost(_ letters: [UInt8], behind length: Int) -> Int {
        letters.count == length ? 0 : WordSplitter.split(Array(letters[length...])).cost
    }

    private static let apostrophe = UInt8(ascii: "'")
}
