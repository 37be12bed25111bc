/// Finds stretches of words that are none until each letter is moved by the same number of places in the alphabet (Caesar's cipher),
/// or the alphabet is turned round (Atbash). Thirteen places are `CipheredStretches`'.
enum ShiftedStretches {
    /// Words of two letters and more that are no common ones, in a row but for short ones.
    static let minimumWords = 4
    /// Words of a row that are tried first.
    private static let tried = 32
    /// Words that are tried by themselves where the first ones do not tell what the row is, and how far behind them the next ones begin.
    private static let partWords = 8
    private static let partStep = 4
    /// Different words of a part that must be known when moved, and their letters: among many parts a few short ones are by chance, and
    /// tables repeat one.
    private static let minimumLong = 3
    private static let longLength = 4
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
            if unknown >= minimumWords { runs += Self.runs(of: words, in: text) }
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

    /// The row, if its first words are English when they are moved; and whatever in it is so by itself when moved in another way:
    /// other words may stand in front to hide it.
    private static func runs(of words: [Word], in text: [UInt8]) -> [DecodedRun] {
        var parts: [(table: Int, words: Range<Int>)] = []
        let first = table(for: words.prefix(tried))
        if let first { parts.append((first, words.indices)) }
        for start in stride(from: first == nil ? 0 : tried, to: words.count, by: partStep)
        where words.count > partWords {
            let end = min(start + partWords, words.count)
            guard let table = table(for: words[start..<end], isPart: true), table != first else { continue }
            // A rare word may stand at either end.
            let part = max(0, start - partStep)..<min(words.count, end + partStep)
            if let last = parts.last, last.table == table, last.words.upperBound >= part.lowerBound {
                parts[parts.count - 1].words = last.words.lowerBound..<part.upperBound
            } else {
                parts.append((table, part))
            }
        }
        return parts.compactMap { run(of: words[$0.words], by: tables[$0.table], in: text) }
    }

    private static func run(of words: ArraySlice<Word>, by table: [UInt8], in text: [UInt8]) -> DecodedRun? {
        guard let first = words.first, let last = words.last else { return nil }
        let source = first.range.lowerBound..<last.range.upperBound
        return DecodedRun(
            encoding: .shifted,
            bytes: text[source].map { table[Int($0)] },
            map: OffsetMap(viewLength: source.count, source: source)
        )
    }

    /// The table that makes the words English; nil if none does, or if they are as they stand.
    ///
    /// - Parameter isPart: whether the words are some of a row, of which many are tried: then more is asked of them.
    private static func table(for words: ArraySlice<Word>, isPart: Bool = false) -> Int? {
        var plain = EnglishText.Count()
        for word in words { plain.add(word.letters) }
        guard !plain.isLikely else { return nil }
        return likely(for: words, isPart: isPart).first { table in
            var count = EnglishText.Count()
            var long: Set<PackedWord> = []
            for word in words where word.letters.count <= CommonWords.longestWord {
                var moved = PackedWord()
                for place in 0..<word.letters.count { moved.append(tables[table][Int(word.letters[place])]) }
                count.add(moved)
                if isPart, moved.count >= longLength, EnglishText.isKnown(moved) { long.insert(moved) }
            }
            return count.isLikely && (!isPart || long.count >= minimumLong)
        }
    }

    /// The tables by which the letters of the words are most like English, as often as each occurs; of a part, those by which they are
    /// more like it than as they stand: the letters of other languages seldom are.
    private static func likely(for words: ArraySlice<Word>, isPart: Bool) -> [Int] {
        var counts = Array(repeating: 0, count: 26)
        for word in words where word.letters.count <= PackedWord.capacity {
            for place in 0..<word.letters.count { counts[Int(word.letters[place]) - 0x61] += 1 }
        }
        func likeness(_ frequencies: [Int]) -> Int { zip(counts, frequencies).reduce(0) { $0 + $1.0 * $1.1 } }
        let moved = movedFrequencies.map { likeness($0) }
        let least = isPart ? likeness(frequencies) : -1
        let likelier = tables.indices.filter { moved[$0] > least }
        return Array(likelier.sorted { moved[$0] > moved[$1] }.prefix(likeliest))
    }

    /// How many of a thousand letters of English each is, from `a` on.
    private static let frequencies = [
        82, 15, 28, 43, 127, 22, 20, 61, 70, 2, 8, 40, 24, 67, 75, 19, 1, 60, 63, 91, 28, 10, 24, 2, 20, 1,
    ]

    /// By table and letter: how frequent what it becomes is.
    private static let movedFrequencies: [[Int]] = tables.map { table in
        (0..<26).map { frequencies[Int(table[0x61 + $0]) - 0x61] }
    }

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
