/// What the parts of a word that may have been cut up mean, together and alone.
struct WordParts {
    /// Whether all parts together are a common word.
    let isCommon: Bool
    /// Whether the parts, or a long one of them, mean something on their own.
    let areWords: Bool
    /// Those of the parts; none where they are too many for a common word.
    private let bytes: [UInt8]

    /// From so many letters on a common word is one even beside what is none.
    private static let longWord = 4

    init(_ parts: ArraySlice<WordToken>, of text: [UInt8]) {
        var bytes: [UInt8] = []
        if parts.reduce(0, { $0 + $1.range.count }) <= CommonWords.longestWord {
            for part in parts { bytes += text[part.range] }
        }
        var areCommon = true
        var hasLongWord = false
        for part in parts where areCommon || !hasLongWord {
            if !Self.isCommon(part, of: text) {
                areCommon = false
            } else if part.range.count >= Self.longWord {
                hasLongWord = true
            }
        }
        self.bytes = bytes
        isCommon = DrawnWord.isCommon(bytes[...])
        areWords = areCommon || hasLongWord
    }

    /// The word, of three letters or more, that somebody has cut up; nil if nobody has.
    var cutWord: DrawnWord? { isCommon && bytes.count >= 3 && !areWords ? DrawnWord(bytes) : nil }

    private static func isCommon(_ token: WordToken, of text: [UInt8]) -> Bool {
        !token.isSingle && token.isWord && DrawnWord.isCommon(text[token.range])
    }

    /// Whether a part is a common word that is long enough to be one beside what is none.
    static func isLongWord(_ token: WordToken, of text: [UInt8]) -> Bool {
        token.range.count >= longWord && isCommon(token, of: text)
    }
}
