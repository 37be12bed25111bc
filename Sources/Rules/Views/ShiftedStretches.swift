/// Finds stretches of words that are none until each letter is moved by the same number of places in the alphabet (Caesar's cipher),
/// or the alphabet is turned round (Atbash). Thirteen places are `CipheredStretches`'.
enum ShiftedStretches {
    /// Words of two letters and more that are no common ones, in a row but for short ones.
    static let minimumWords = 4
    /// Words of a stretch that are tried in all ways.
    private static let tried = 32
    /// A common word of so many letters is no chance: plain text.
    static let plainLength = 4

    private struct Word {
        var range: Range<Int>
        var letters: PackedWord
        var isCommon: Bool
    }

    static func find(in text: [UInt8]) -> [DecodedRun] {
        var runs: [DecodedRun] = []
        var stretch: [Word] = []
        var unknown = 0
        func close() {
            defer { (stretch, unknown) = ([], 0) }
            while let last = stretch.last, last.isCommon { stretch.removeLast() }
            guard unknown >= minimumWords, let run = run(of: stretch, in: text) else { return }
            runs.append(run)
        }
        var position = 0
        while position < text.count {
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
            } else if !isCommon || !stretch.isEmpty {
                stretch.append(Word(range: start..<position, letters: letters, isCommon: isCommon))
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
        return tables.first { table in
            var count = EnglishText.Count()
            for word in words where word.letters.count <= CommonWords.longestWord {
                var moved = PackedWord()
                for place in 0..<word.letters.count { moved.append(table[Int(word.letters[place])]) }
                count.add(moved)
            }
            return count.isLikely
        }
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
