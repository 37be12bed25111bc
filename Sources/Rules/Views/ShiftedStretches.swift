/// Finds stretches of words that are none until each letter is moved by the same number of places in the alphabet (Caesar's cipher),
/// or the alphabet is turned round (Atbash). Thirteen places are `CipheredStretches`'.
enum ShiftedStretches {
    /// Words of two letters and more that are no common ones, in a row but for short ones.
    static let minimumWords = 4
    /// Words of a stretch that are tried in all ways.
    private static let tried = 32
    /// A common word of so many letters is no chance: plain text.
    static let plainLength = 3
    /// Tables that are tried: those by which the letters are as frequent as English has them.
    private static let likeliest = 6

    private struct Word {
        var range: Range<Int>
        var letters: PackedWord
        var isCommon: Bool
    }

    /// - Parameter stretch: words of which most are not common: see `WordSurvey`.
    static func find(in text: [UInt8], _ stretch: Range<Int>) -> [DecodedRun] {
        var runs: [DecodedRun] = []
        var words: [Word] = []
        var unknown = 0
        func close() {
            defer { (words, unknown) = ([], 0) }
            while let last = words.last, last.isCommon { words.removeLast() }
            guard unknown >= minimumWords, let run = run(of: words, in: text) else { return }
            runs.append(run)
        }
        var position = stretch.lowerBound
        while position < stretch.upperBound {
            guard ASCIILetters.isLetter(text[position]) else {
                if text[position] >= 0x80 { close() }
                position += 1
                continue
            }
            let start = position
            var letters = PackedWord()
            while position < text.count, ASCIILetters.isLetter(text[position]) {
                letters.append(text[position] | 0x20)
                position += 1
            }
            let isCommon = letters.count > 1 && CommonWords.shared.contains(letters)
            if isCommon, letters.count >= plainLength {
                close()
            } else if !isCommon || !words.isEmpty {
                words.append(Word(range: start..<position, letters: letters, isCommon: isCommon))
                if !isCommon, letters.count > 1 { unknown += 1 }
            }
        }
        close()
        return runs
    }

    private static func run(of words: [Word], in text: [UInt8]) -> DecodedRun? {
        guard let first = words.first, let last = words.last, let table = table(for: words.prefix(tried)) else {
            return nil
        }
        let source = first.range.lowerBound..<last.range.upperBound
        return DecodedRun(
            encoding: .shifted,
            bytes: text[source].map { table[Int($0)] },
            map: OffsetMap(viewLength: source.count, source: source)
        )
    }

    /// The table that makes the words English; nil if none does, or if they are as they stand.
    private static func table(for words: ArraySlice<Word>) -> [UInt8]? {
        var plain = EnglishText.Count()
        for word in words { plain.add(word.letters) }
        guard !plain.isLikely else { return nil }
        return likely(for: words).first { table in
            var count = EnglishText.Count()
            for word in words where word.letters.count <= CommonWords.longestWord {
                var moved = PackedWord()
                for place in 0..<word.letters.count { moved.append(table[Int(word.letters[place])]) }
                count.add(moved)
            }
            return count.isLikely
        }
    }

    /// The tables by which the letters of the words are most like English, as often as each occurs.
    private static func likely(for words: ArraySlice<Word>) -> [[UInt8]] {
        var counts = Array(repeating: 0, count: 26)
        for word in words where word.letters.count <= PackedWord.capacity {
            for place in 0..<word.letters.count { counts[Int(word.letters[place]) - 0x61] += 1 }
        }
        return tables.map { table in
            (table, counts.indices.reduce(0) { $0 + counts[$1] * frequencies[Int(table[0x61 + $1]) - 0x61] })
        }
        .sorted { $0.1 > $1.1 }.prefix(likeliest).map(\.0)
    }

    /// How many of a thousand letters of English each is, from `a` on.
    private static let frequencies = [
        82, 15, 28, 43, 127, 22, 20, 61, 70, 2, 8, 40, 24, 67, 75, 19, 1, 60, 63, 91, 28, 10, 24, 2, 20, 1,
    ]

    /// By byte: what it becomes.
    private static let tables: [[UInt8]] = {
        let shifts = (1..<26).filter { $0 != 13 }.map { shift in { (place: Int) in (place + shift) % 26 } }
        return (shifts + [{ 25 - $0 }]).map { move in
            (0...255).map { (byte: UInt8) in
                ASCIILetters.isLetter(byte) ? byte & 0xE0 | UInt8(move(Int(byte & 0x1F) - 1) + 1) : byte
            }
        }
    }()
}
