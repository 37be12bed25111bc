/// Numbers that stand in one word with the letters beside them, where the words around are spelled out without spaces between
/// them: `h e h a s1938p i c t u r e s`.
enum SpelledNumbers {
    /// The same words, the numbers apart, with nothing between them and the letters.
    static func parted(_ tokens: [WordToken], of text: [UInt8]) -> [WordToken] {
        guard tokens.contains(where: { isNumber($0, of: text) }) else { return tokens }
        var parted: [WordToken] = []
        var index = 0
        while index < tokens.count {
            let start = index
            while index < tokens.count, tokens[index].isSingle || isNumber(tokens[index], of: text) { index += 1 }
            let row = tokens[start..<index].flatMap { parts(of: $0, of: text) }
            parted += isSpelled(row) ? row : Array(tokens[start..<index])
            if index < tokens.count {
                parted.append(tokens[index])
                index += 1
            }
        }
        return parted
    }

    private static func isNumber(_ token: WordToken, of text: [UInt8]) -> Bool {
        guard !token.isSingle, token.kinds & WordByte.letter != 0, token.kinds & WordByte.foreign == 0,
            token.kinds != WordByte.letter
        else { return false }
        guard text.withUnsafeBufferPointer({ isNumber($0, token.range) }) else { return false }
        let word = DrawnWord(text[token.range])
        return !word.isCommon
            || word.letters.count == 2 && CommonWords.shared.rank(of: PackedWord(word.letters)) ?? 0 >= frequentWords
    }

    /// Words of two letters that are less frequent are none here.
    private static let frequentWords = 300

    /// Whether a word of several bytes, digits and signs among them, has letters at its ends only, one at each at the most.
    @inline(__always)
    static func isNumber(_ text: UnsafeBufferPointer<UInt8>, _ word: Range<Int>) -> Bool {
        guard word.count > 1 else { return false }
        for place in word.dropFirst().dropLast() where ASCIILetters.isLetter(text[place]) { return false }
        return true
    }

    private static func parts(of token: WordToken, of text: [UInt8]) -> [WordToken] {
        guard !token.isSingle else { return [token] }
        var lower = token.range.lowerBound
        var upper = token.range.upperBound
        if ASCIILetters.isLetter(text[lower]) { lower += 1 }
        if ASCIILetters.isLetter(text[upper - 1]) { upper -= 1 }
        let number = WordToken(
            range: lower..<upper,
            kinds: text[lower..<upper].reduce(0) { $0 | WordByte.classes[Int($1)] },
            isSingle: upper == lower + 1
        )
        let ends = [token.range.lowerBound..<lower, upper..<token.range.upperBound].map {
            WordToken(range: $0, kinds: WordByte.letter, isSingle: true)
        }
        return [ends[0], number, ends[1]].filter { !$0.range.isEmpty }
    }

    /// Whether enough letters stand alone in a row.
    private static func isSpelled(_ row: [WordToken]) -> Bool {
        var singles = 0
        var end = 0
        for token in row {
            if !token.isSingle {
                singles = 0
            } else {
                singles = singles > 0 && token.range.lowerBound - end <= Squeezer.widestGap ? singles + 1 : 1
            }
            if singles >= Squeezer.minimumSpelling { return true }
            end = token.range.upperBound
        }
        return false
    }
}
