/// Words that are spelled out: letters that stand alone, in a row.
extension Squeezer {
    /// Letters that stand alone, in a row, that are taken for spelling.
    static let minimumSpelling = 4
    /// Bytes between two letters of a spelled word.
    static let widestGap = 4
    /// Letters of a word on the average, at the most, where it is believed that words stand apart.
    private static let believableLength = 7
    /// Letters of a run beside a number that stood in the same word: there fewer are enough.
    static let minimumBesideNumber = 2
    /// Words of three letters and fewer that are less frequent are often the end of another.
    private static let frequentWords = 300

    /// Letters, digits and signs in a row that stand alone. It is looked at once, however many beginnings are tried in it.
    struct SpellingRun {
        var start = 0
        var end = 0
        /// By place: letters from there to the end.
        var letters: [Int] = []
        var minimum = Squeezer.minimumSpelling

        /// Whether what follows is spelling: enough of it, and half of it and more letters.
        func isSpelling(from place: Int) -> Bool {
            guard end - place >= minimum else { return false }
            let letters = letters[place - start]
            return letters * 2 >= end - place && letters >= min(3, minimum)
        }
    }

    func spelling(from start: Int) -> SpellingRun {
        var end = start
        while end < tokens.count, tokens[end].isSingle, end == start || gap(before: end).count <= Self.widestGap,
            cut(before: end + 1) == nil
        {
            end += 1
        }
        let isBesideNumber =
            start > 0 && gap(before: start).isEmpty || end > start && end < tokens.count && gap(before: end).isEmpty
        let minimum = isBesideNumber ? Self.minimumBesideNumber : Self.minimumSpelling
        guard end - start >= minimum else { return SpellingRun() }
        var letters = Array(repeating: 0, count: end - start)
        var count = 0
        for place in (start..<end).reversed() {
            if tokens[place].kinds & (WordByte.letter | WordByte.foreign) != 0 { count += 1 }
            letters[place - start] = count
        }
        return SpellingRun(start: start, end: end, letters: letters, minimum: minimum)
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
                if end <= index, !gap(before: end).isEmpty { write([Unit(byte: 0x20, source: gap(before: end))]) }
                start = end
            }
            if start <= index {
                let isNegated = !standsApart && isBeforeNegation(index, in: range)
                commonLetters += writeSpelled(start..<index + 1, standsApart: standsApart, isNegated: isNegated)
            }
            if index + 1 < range.upperBound { writeGap(gap(before: index + 1), standsApart: standsApart) }
            start = index + 1
        }
        let foreign = range.count { tokens[$0].kinds == WordByte.foreign }
        if commonLetters >= 3 && commonLetters * 2 >= range.count || foreign > Self.minimumSpelling {
            result.isMaterial = true
        }
        spelledBytes += tokens[range.upperBound - 1].range.upperBound - tokens[range.lowerBound].range.lowerBound
    }

    /// Whether a word goes on behind an apostrophe as `don't` does.
    private func isBeforeNegation(_ index: Int, in range: Range<Int>) -> Bool {
        index + 1 < range.upperBound && contractionEnd(index + 1..<range.upperBound) == index + 2
            && text[tokens[index + 1].range.lowerBound] | 0x20 == UInt8(ascii: "t")
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
        if gap.isEmpty {
            // Between a letter and a number.
            copy(to: gap.lowerBound)
            write([Unit(byte: 0x20, source: gap.lowerBound - 1..<gap.lowerBound)])
            return
        }
        let sign = gap.prefix { text[$0] != 0x20 }
        let space = sign.upperBound..<gap.upperBound
        copy(to: sign.upperBound)
        if space.count > 1, isSpace(space) {
            write([Unit(byte: 0x20, source: space)])
        } else {
            copy(to: gap.upperBound)
        }
        guard !standsApart, let last = gap.last.map({ text[$0] }), Self.endsWord(last) else { return }
        write([Unit(byte: 0x20, source: gap.upperBound - 1..<gap.upperBound)])
    }

    /// Signs that no letter of the same word stands behind.
    private static func endsWord(_ sign: UInt8) -> Bool {
        switch sign {
        case UInt8(ascii: "."), UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: ";"), UInt8(ascii: "?"),
            UInt8(ascii: "!"), UInt8(ascii: ")"), UInt8(ascii: "]"):
            true
        default: false
        }
    }

    // MARK: Beside spelled words

    /// Writes what stands before spelled words: several spaces as one, and one where nothing stood between them and a number.
    mutating func writeSpace(before start: Int) {
        let place = tokens[start].range.lowerBound
        if start > 0, gap(before: start).isEmpty {
            copy(to: place)
            write([Unit(byte: 0x20, source: place - 1..<place)])
            return
        }
        writeSpaces((text[..<place].lastIndex { $0 != 0x20 }.map { $0 + 1 } ?? 0)..<place)
    }

    /// The same behind spelled words.
    mutating func writeSpace(behind end: Int) {
        let place = tokens[end - 1].range.upperBound
        if end < tokens.count, gap(before: end).isEmpty {
            write([Unit(byte: 0x20, source: tokens[end - 1].range)])
            return
        }
        writeSpaces(place..<(text[place...].firstIndex { $0 != 0x20 } ?? text.count))
    }

    private mutating func writeSpaces(_ spaces: Range<Int>) {
        guard spaces.count > 1 else { return }
        copy(to: spaces.lowerBound)
        write([Unit(byte: 0x20, source: spaces)])
    }

    /// Writes letters as words.
    ///
    /// - Parameters:
    ///   - standsApart: whether they are one word most likely.
    ///   - isNegated: whether the last word is one that `'t` stands behind.
    /// - Returns: the letters of common words of at least three among them.
    mutating func writeSpelled(_ range: Range<Int>, standsApart: Bool, isNegated: Bool = false) -> Int {
        guard range.count > 1, let bytes = plainLetters(of: range) else {
            copy(to: tokens[range.lowerBound].range.lowerBound)
            write(tokens[range].flatMap { token in token.range.map { Unit(byte: text[$0], source: token.range) } })
            return 0
        }
        let drawn = DrawnWord(bytes)
        var letters = drawn.letters
        let isWord = drawn.isCommon || CommonWords.further.contains(letters)
        var words = [WordSplitter.Word(range: 0..<bytes.count, isCommon: isWord)]
        if !isWord {
            let negated = isNegated ? NegatedWords.length(endOf: letters) : 0
            var best = split(letters, of: bytes, negated)
            if bytes.contains(WordByte.ambiguous) {
                let others = zip(bytes, letters).map { $0 == WordByte.ambiguous ? UInt8(ascii: "l") : $1 }
                let other = split(others, of: bytes, negated)
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
                let source = tokens[range.lowerBound + place].range
                if source.count > 1 {
                    units += source.map { Unit(byte: text[$0], source: source) }
                } else {
                    let byte = ASCIILetters.isLetter(bytes[place]) ? bytes[place] : letters[place]
                    units.append(Unit(byte: byte, source: source))
                }
            }
        }
        write(units)
        return words.reduce(0) { $0 + ($1.isCommon && $1.range.count >= 3 ? $1.range.count : 0) }
    }

    /// The letters without their marks; nil if any is of another script, or few are of ASCII.
    private func plainLetters(of range: Range<Int>) -> [UInt8]? {
        var letters: [UInt8] = []
        letters.reserveCapacity(range.count)
        var marked = 0
        for token in tokens[range] {
            guard token.kinds == WordByte.foreign else {
                letters.append(text[token.range.lowerBound])
                continue
            }
            marked += 1
            let scalar = text.withUnsafeBufferPointer { UTF8Scalars.decode($0, at: token.range.lowerBound).value }
            guard marked * 4 <= range.count, let base = Normalization.shared.decomposition(of: scalar).first,
                let letter = UInt8(exactly: base), ASCIILetters.isLetter(letter)
            else { return nil }
            letters.append(letter)
        }
        return letters
    }

    /// - Parameter negated: the letters at the end that are one word.
    private func split(
        _ letters: [UInt8],
        of bytes: [UInt8],
        _ negated: Int
    ) -> (words: [WordSplitter.Word], cost: Int) {
        let capitals = bytes.map { ASCIILetters.isLetter($0) && $0 & 0x20 == 0 }
        let end = letters.count - negated
        var division = WordSplitter.split(Array(letters[..<end]), capitals: Array(capitals[..<end]))
        if negated > 0 { division.words.append(WordSplitter.Word(range: end..<letters.count, isCommon: true)) }
        return division
    }

    /// Whether a part of what may be one word is a word on its own.
    private static func isTelling(_ word: WordSplitter.Word, _ letters: [UInt8]) -> Bool {
        word.range.count > 3 && word.isCommon
            || CommonWords.shared.rank(of: PackedWord(letters[word.range])).map { $0 < frequentWords } ?? false
    }
}

/// The words that `'t` stands behind.
private enum NegatedWords {
    private static let words = [
        "couldn", "shouldn", "wouldn", "mustn", "needn", "weren", "doesn", "didn", "hasn", "hadn", "haven", "wasn",
        "aren", "isn", "don", "won", "ain", "can",
    ].map { Array($0.utf8) }

    /// The letters of such a word at the end; 0 if there is none.
    static func length(endOf letters: [UInt8]) -> Int {
        words.first { letters.count >= $0.count && letters.suffix($0.count).elementsEqual($0) }?.count ?? 0
    }
}
