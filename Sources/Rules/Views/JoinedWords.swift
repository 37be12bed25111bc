/// Finds words that stand without anything between them: `tellmehowthatisdone`, `TellMeHowThatIsDone`.
///
/// One long run of letters proves that its writer leaves the spaces out. Then everything beside it, up to the next white space, is
/// parted in the same way: the short runs between apostrophes, commas and digits are words without spaces as well.
enum JoinedWords {
    /// Words that are no chance.
    private static let minimumWords = 4
    /// One in so many words of a sentence is one of the most frequent.
    private static let frequentShare = 6
    private static let frequentRank = 150

    /// - Parameter runs: of letters and digits, too long to be words: see `LetterRuns`.
    static func find(in text: [UInt8], among runs: [Range<Int>]) -> [DecodedRun] {
        var found: [DecodedRun] = []
        var end = 0
        var token = Token(range: 0..<0, isParted: false)
        for run in runs where run.upperBound > end {
            for letters in letters(in: text, run) where letters.lowerBound >= end {
                guard let words = parted(letters, in: text) else { continue }
                if letters.lowerBound >= token.range.upperBound { token = Token(around: letters, in: text) }
                found.append(token.isParted ? JoinedText(text, token.range).parted() : decoded(words, in: text))
                end = token.isParted ? token.range.upperBound : letters.upperBound
            }
        }
        return found
    }

    /// The stretches of letters alone that are longer than any word.
    private static func letters(in text: [UInt8], _ run: Range<Int>) -> [Range<Int>] {
        text[run].split { !ASCIILetters.isLetter($0) }.map(\.indices).filter { $0.count > CommonWords.longestWord }
    }

    /// The words of a run of letters; nil if it is none of several words.
    private static func parted(_ source: Range<Int>, in text: [UInt8]) -> [Range<Int>]? {
        guard LetterTriples.shared.mayBeEnglish(text[source].map { $0 | 0x20 }) else { return nil }
        let joined = JoinedLetters(text, source)
        let words = joined.words(of: source)
        let shortest = joined.isCapitalised ? 1 : 3
        let known = words.filter { $0.isCommon && $0.range.count >= shortest }.reduce(0) { $0 + $1.range.count }
        let unknown = words.filter { !$0.isCommon }.count
        // Texts have names; but what is drawn at random is divided into known words as well, if not for long.
        guard words.count >= minimumWords, unknown * 4 <= words.count else { return nil }
        if joined.isCapitalised { return known * 2 >= source.count ? words.map(\.range) : nil }
        // A word of many parts (`antidisestablishmentarianism`) has none of the small words that sentences are full of.
        let frequent = words.filter { isFrequent(text[$0.range]) }.count
        guard known * 3 >= source.count * 2, frequent * frequentShare >= words.count else { return nil }
        return words.map(\.range)
    }

    /// Whether a word is one of the most frequent, of two letters or more.
    private static func isFrequent(_ word: ArraySlice<UInt8>) -> Bool {
        guard word.count > 1, word.count <= PackedWord.capacity else { return false }
        return CommonWords.shared.rank(of: PackedWord(word.lazy.map { $0 | 0x20 })).map { $0 < frequentRank } ?? false
    }

    /// What stands between two white spaces, and whether all of it is parted: it is neither long nor an address.
    fileprivate struct Token {
        var range: Range<Int>
        var isParted: Bool
    }

    private static func decoded(_ words: [Range<Int>], in text: [UInt8]) -> DecodedRun {
        var run = DecodedRun(encoding: .joinedWords, bytes: [], map: OffsetMap())
        for word in words {
            if !run.bytes.isEmpty { run.appendSpace(before: word.lowerBound) }
            run.append(text, word)
        }
        return run
    }
}

extension JoinedWords.Token {
    fileprivate init(around run: Range<Int>, in text: [UInt8]) {
        var (lower, upper) = (run.lowerBound, run.upperBound)
        while lower > 0, !Self.isSpace(text[lower - 1]) { lower -= 1 }
        while upper < text.count, !Self.isSpace(text[upper]) { upper += 1 }
        range = lower..<upper
        isParted = range.count <= Self.longest && !Self.isAddress(text[range])
    }

    private static let longest = 8192

    private static func isAddress(_ text: ArraySlice<UInt8>) -> Bool {
        text.contains { $0 == UInt8(ascii: "@") || $0 == UInt8(ascii: "\\") }
            || zip(text, text.dropFirst()).contains { $0 == UInt8(ascii: "/") && $1 == UInt8(ascii: "/") }
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}
