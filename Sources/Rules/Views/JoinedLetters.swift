/// The words of letters that stand together, in a text whose words have nothing between them.
struct JoinedLetters {
    private let text: [UInt8]
    /// Whether words begin with capitals.
    let isCapitalised: Bool

    /// Capitals behind small letters that are no chance.
    private static let minimumCapitals = 3

    init(_ text: [UInt8], _ range: Range<Int>) {
        self.text = text
        var (capitals, length, longest) = (0, 0, 0)
        var isBehindSmall = false
        for place in range {
            let isLetter = ASCIILetters.isLetter(text[place])
            let isSmall = isLetter && text[place] & 0x20 != 0
            if isBehindSmall, isLetter, !isSmall {
                capitals += 1
                length = 0
            }
            isBehindSmall = isSmall
            length = isLetter ? length + 1 : 0
            longest = max(longest, length)
        }
        isCapitalised = capitals >= Self.minimumCapitals && longest <= CommonWords.longestWord
    }

    /// The words of a run of letters: those between its capitals where words have them, and else the likeliest.
    func words(of source: Range<Int>) -> [WordSplitter.Word] {
        let letters = text[source].map { $0 | 0x20 }
        let capitals = text[source].map { $0 & 0x20 == 0 }
        let words =
            isCapitalised
            ? betweenCapitals(letters, capitals)
            : WordSplitter.split(letters, capitals: capitals.contains(false) ? capitals : []).words
        return words.map { word in
            var word = word
            word.range = source.lowerBound + word.range.lowerBound..<source.lowerBound + word.range.upperBound
            return word
        }
    }

    private func betweenCapitals(_ letters: [UInt8], _ capitals: [Bool]) -> [WordSplitter.Word] {
        // Also in front of the last of several capitals, if a small letter is behind it: `IMake`.
        let starts = letters.indices.filter { place in
            guard place > 0, capitals[place] else { return place == 0 }
            return !capitals[place - 1] || place + 1 < letters.count && !capitals[place + 1]
        }
        return zip(starts, starts.dropFirst() + [letters.count]).map { start, end in
            let parts = WordSplitter.split(Array(letters[start..<end])).words
            return WordSplitter.Word(range: start..<end, isCommon: parts.count == 1 && parts[0].isCommon)
        }
    }
}
