/// What the parts of a word that may have been cut up mean, together and alone.
struct WordParts {
    /// All parts as one word.
    let whole: DrawnWord
    /// Whether the parts, or a long one of them, mean something on their own.
    let areWords: Bool

    /// From so many letters on a common word is one even beside what is none.
    private static let longWord = 4

    init(_ parts: ArraySlice<WordToken>, of text: [UInt8]) {
        whole = DrawnWord(parts.flatMap { text[$0.range] })
        let common = parts.map { Self.isCommon($0, of: text) }
        areWords = !common.contains(false) || zip(parts, common).contains { $1 && $0.range.count >= Self.longWord }
    }

    /// Whether it is one word, of three letters or more, that somebody has cut up.
    var isCut: Bool { whole.isCommon && whole.letters.count >= 3 && !areWords }

    private static func isCommon(_ token: WordToken, of text: [UInt8]) -> Bool {
        !token.isSingle && token.isWord && DrawnWord(text[token.range]).isCommon
    }

    /// Whether a part is a common word that is long enough to be one beside what is none.
    static func isLongWord(_ token: WordToken, of text: [UInt8]) -> Bool {
        token.range.count >= longWord && isCommon(token, of: text)
    }
}
