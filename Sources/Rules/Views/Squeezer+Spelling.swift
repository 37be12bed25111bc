/// Words that are spelled out: letters that stand alone, in a row.
extension Squeezer {
    /// Letters that stand alone, in a row, that are taken for spelling.
    static let minimumSpelling = 4
    /// Bytes between two letters of a spelled word.
    static let widestGap = 4
    /// Letters of a word on the average, at the most, where it is believed that words stand apart.
    private static let believableLength = 7
    /// Words of three letters and fewer that are less frequent are often the end of another.
    private static let frequentWords = 300

    /// Letters, digits and signs in a row that stand alone. It is looked at once, however many beginnings are tried in it.
    struct SpellingRun {
        var start = 0
        var end = 0
        /// By place: letters from there to the end.
        var letters: [Int] = []

        /// Whether what follows is spelling: enough of it, and half of it and more letters.
        func isSpelling(from place: Int) -> Bool {
            guard end - place >= Squeezer.minimumSpelling else { return false }
            let letters = letters[place - start]
            return letters * 2 >= end - place && letters >= 3
        }
    }

    func spelling(from start: Int) -> SpellingRun {
        var end = start
        while end < tokens.count, tokens[end].isSingle, end == start || gap(before: end).count <= Self.widestGap,
            cut(before: end + 1) == nil
        {
            end += 1
        }
        guard end - start >= Self.minimumSpelling else { return SpellingRun() }
        var letters = Array(repeating: 0, count: end - start)
        var count = 0
        for place in (start..<end).reversed() {
            if tokens[place].kinds & (WordByte.letter | WordByte.foreign) != 0 { count += 1 }
            letters[place - start] = count
        }
        return SpellingRun(start: start, end: end, letters: letters)
    }

    mutating func readSpelling(_ range: Range<Int>) {
        // What stands between most letters stands within words, anything else between them.
        // Of several that are as many the shortest counts, then the first: never what a hash table happens to hold first.
        var counts: [ArraySlice<UInt8>: (number: Int, first: Int)] = [:]
        for index in range.dropFirst() { counts[text[gap(before: index)], default: (0, index)].number += 1 }
        let inner = counts.max {
            ($0.value.number, -$0.key.count, -$0.value.first) < ($1.value.number, -$1.key.count, -$1.value.first)
        }?.key
        let ends = range.filter { $0 + 1 == range.upperBound || text[gap(before: $0 + 1)] != inner }
        let spaces = ends.count { $0 + 1 < range.upperBound && isSpace(gap(before: $0 + 1)) }
        let standsApart = spaces > 0 && range.count <= (spaces + 1) * Self.believableLength
        var start = range.lowerBound
        var commonLetters = 0
        for index in ends {
            if !standsApart, let end = contractionEnd(start..<index + 1) {
                commonLetters += writeSpelled(start..<end, standsApart: true)
                if end <= index { write([Unit(byte: 0x20, source: tokens[end - 1].range)]) }
                start = end
            }
            if start <= index { commonLetters += writeSpelled(start..<index + 1, standsApart: standsApart) }
            if index + 1 < range.upperBound { writeGap(gap(before: index + 1), standsApart: standsApart) }
            start = index + 1
        }
        let foreign = range.count { tokens[$0].kinds == WordByte.foreign }
        if commonLetters >= 3 && commonLetters * 2 >= range.count || foreign > Self.minimumSpelling {
            result.isMaterial = true
        }
        spelledBytes += tokens[range.upperBound - 1].range.upperBound - tokens[range.lowerBound].range.lowerBound
    }

    /// The end of what stands behind an apostrophe: `I've` and the like; nil if it is none.
    private func contractionEnd(_ range: Range<Int>) -> Int? {
        guard range.lowerBound > 0, text[gap(before: range.lowerBound)].elementsEqual([UInt8(ascii: "'")]) else {
            return nil
        }
        let letters = tokens[range].prefix(2).map { text[$0.range.lowerBound] | 0x20 }
        for ending in ["ve", "ll", "re", "s", "t", "m", "d"] where letters.starts(with: ending.utf8) {
            return range.lowerBound + ending.utf8.count
        }
        return nil
    }

    private func isSpace(_ gap: Range<Int>) -> Bool { text[gap].allSatisfy { $0 == 0x20 } }

    /// Writes what stands between two spelled words: several spaces as one, and one behind a sign where words do not stand
    /// apart.
    private mutating func writeGap(_ gap: Range<Int>, standsApart: Bool) {
        let sign = gap.prefix { text[$0] != 0x20 }
        let space = sign.upperBound..<gap.upperBound
        copy(to: sign.upperBound)
        if space.count > 1, isSpace(space) {
            write([Unit(byte: 0x20, source: space)])
        } else {
            copy(to: gap.upperBound)
        }
        guard !standsApart, gap.count == 1 else { return }
        switch text[gap.lowerBound] {
        case UInt8(ascii: "."), UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: ";"), UInt8(ascii: "?"),
            UInt8(ascii: "!"):
            write([Unit(byte: 0x20, source: gap)])
        default: break
        }
    }

    /// Writes letters as words.
    ///
    /// - Parameter standsApart: whether they are one word most likely.
    /// - Returns: the letters of common words of at least three among them.
    mutating func writeSpelled(_ range: Range<Int>, standsApart: Bool) -> Int {
        let isASCII = tokens[range].allSatisfy { $0.kinds != WordByte.foreign }
        guard isASCII, range.count > 1 else {
            copy(to: tokens[range.lowerBound].range.lowerBound)
            write(tokens[range].flatMap { token in token.range.map { Unit(byte: text[$0], source: token.range) } })
            return 0
        }
        let bytes = tokens[range].map { text[$0.range.lowerBound] }
        let drawn = DrawnWord(bytes)
        var letters = drawn.letters
        var words = [WordSplitter.Word(range: 0..<bytes.count, isCommon: drawn.isCommon)]
        if !drawn.isCommon {
            var best = WordSplitter.split(letters)
            if bytes.contains(UInt8(ascii: "1")) {
                let others = zip(bytes, letters).map { $0 == UInt8(ascii: "1") ? UInt8(ascii: "l") : $1 }
                let other = WordSplitter.split(others)
                if other.cost < best.cost { (best, letters) = (other, others) }
            }
            if !standsApart || best.words.allSatisfy({ Self.isTelling($0, letters) }) { words = best.words }
        }
        if !habits.drawsLetters, !bytes.allSatisfy(ASCIILetters.isLetter) { isFaithful = false }
        copy(to: tokens[range.lowerBound].range.lowerBound)
        var units: [Unit] = []
        for word in words {
            if let last = units.last { units.append(Unit(byte: 0x20, source: last.source)) }
            for place in word.range {
                let byte = bytes[place]
                units.append(
                    Unit(
                        byte: ASCIILetters.isLetter(byte) ? byte : letters[place],
                        source: tokens[range.lowerBound + place].range
                    )
                )
            }
        }
        write(units)
        return words.reduce(0) { $0 + ($1.isCommon && $1.range.count >= 3 ? $1.range.count : 0) }
    }

    /// Whether a part of what may be one word is a word on its own.
    private static func isTelling(_ word: WordSplitter.Word, _ letters: [UInt8]) -> Bool {
        word.range.count > 3 && word.isCommon
            || CommonWords.shared.rank(of: PackedWord(letters[word.range])).map { $0 < frequentWords } ?? false
    }
}
