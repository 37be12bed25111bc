/// Finds words spelled by the ICAO spelling alphabet: `hotel oscar whiskey / tango oscar`.
enum SpellingAlphabet {
    /// Bytes that may stand between two words of it.
    private static let widestGap = 4

    /// - Parameter stretch: where there are words of it: see `WordSurvey`.
    static func find(in text: [UInt8], _ stretch: Range<Int>) -> [DecodedRun] {
        var runs: [DecodedRun] = []
        var letters = CodedLetters()
        func close() {
            if let run = letters.run(.spellingAlphabet, in: text) { runs.append(run) }
            letters = CodedLetters()
        }
        var position = stretch.lowerBound
        while position < stretch.upperBound {
            guard ASCIILetters.isLetter(text[position]) else {
                position += 1
                continue
            }
            let start = position
            let word = word(in: text, at: &position)
            guard let letter = letter(of: word) else {
                close()
                continue
            }
            if let end = letters.end, start - end > widestGap { close() }
            letters.append(letter, from: start..<position)
        }
        close()
        return runs
    }

    /// The letters from `position` on, in lower case; those of `x-ray` are one word. Moves behind them.
    private static func word(in text: [UInt8], at position: inout Int) -> PackedWord {
        var word = PackedWord()
        while position < text.count {
            if ASCIILetters.isLetter(text[position]) {
                word.append(text[position] | 0x20)
            } else if word != x || text[position] != UInt8(ascii: "-") {
                break
            }
            position += 1
        }
        return word
    }

    /// The letter that a word of the alphabet stands for.
    @inline(__always)
    static func letter(of word: PackedWord) -> UInt8? {
        guard word.count > 3, word.count <= CommonWords.longestWord else { return nil }
        let first = word[0]
        guard first >= 0x61, first <= 0x7A else { return nil }
        let place = Int(first - 0x61)
        return words[place] == word || others[place] == word ? first : nil
    }

    private static let x = PackedWord([UInt8(ascii: "x")])
    private static let words = packed(
        "alfa bravo charlie delta echo foxtrot golf hotel india juliett kilo lima mike november oscar papa quebec romeo sierra "
            + "tango uniform victor whiskey xray yankee zulu"
    )
    /// Other spellings, by their first letters.
    private static let others = packed(
        "alpha bravo charlie delta echo foxtrot golf hotel india juliet kilo lima mike november oscar papa quebec romeo sierra "
            + "tango uniform victor whisky xray yankee zulu"
    )

    private static func packed(_ words: String) -> [PackedWord] {
        words.utf8.split(separator: 0x20).map { PackedWord($0) }
    }
}
