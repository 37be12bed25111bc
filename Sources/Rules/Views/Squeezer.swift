/// Makes the squeezed view of a text: words that are spelled out (`k i l l`, `k.i.l.l`), cut up (`k**il**l`, `ki-ll`, a line
/// break within) or drawn with digits and signs (`k1ll`) as they are meant.
///
/// What stands within a word is taken out only where the parts are no words and the whole is a common one, or where nobody
/// means anything else by it: several letters in a row that stand alone, markup between letters. The rest of the text stays.
struct Squeezer {
    /// Letters that stand alone, in a row, that are taken for spelling.
    static let minimumSpelling = 4
    /// Bytes between two letters of a spelled word.
    static let widestGap = 3
    /// Bytes of markup within a word.
    static let widestMark = 4
    /// Bytes of a tag within a word.
    static let longestTag = 32
    /// Parts that a word is cut into at the most, unless by markup.
    static let mostParts = 4

    struct Result: Sendable, Equatable {
        var bytes: [UInt8]
        var map: OffsetMap
        /// Whether common words have come to light.
        var isMaterial: Bool
    }

    private struct Token {
        var range: Range<Int>
        var kinds: UInt8
        /// One letter, digit or sign.
        var isSingle: Bool

        /// Letters, or what is drawn like them.
        var isWord: Bool { kinds & ~(WordByte.letter | WordByte.drawn) == 0 && kinds & WordByte.letter != 0 }
    }

    /// A byte of the view and what it stands for.
    private struct Unit {
        var byte: UInt8
        var source: Range<Int>
    }

    private let text: [UInt8]
    /// Of the stretch that is being read.
    private var tokens: [Token] = []
    private var result = Result(bytes: [], map: OffsetMap(), isMaterial: false)
    /// Up to where the text is in the result.
    private var position = 0
    private var isChanged = false

    /// The squeezed view of UTF-8 text; nil if it is the text itself.
    static func squeeze(_ text: [UInt8], _ survey: WordSurvey) -> Result? {
        guard !survey.squeezable.isEmpty else { return nil }
        var squeezer = Squeezer(text)
        for stretch in survey.squeezable {
            squeezer.tokens = tokens(of: text, in: stretch)
            squeezer.readTokens()
        }
        guard squeezer.isChanged else { return nil }
        squeezer.copy(to: text.count)
        return squeezer.result
    }

    private init(_ text: [UInt8]) { self.text = text }

    /// Whether what stands between two words may stand within one: a quick look, of which `joint` is the exact one.
    ///
    /// - Parameter areCommon: whether both are common words, which signs between them do not make one.
    @inline(__always)
    static func mayJoin(_ text: UnsafeBufferPointer<UInt8>, _ gap: Range<Int>, areCommon: Bool) -> Bool {
        guard !gap.isEmpty, gap.count <= widestMark else { return false }
        let first = text[gap.lowerBound]
        return first == UInt8(ascii: "<") || isMarkup(first)
            || !areCommon && isSign(first) && (gap.count == 1 || first == UInt8(ascii: "-"))
    }

    // MARK: Tokens

    private static func tokens(of text: [UInt8], in stretch: Range<Int>) -> [Token] {
        var tokens: [Token] = []
        text.withUnsafeBufferPointer { text in
            var position = stretch.lowerBound
            while position < stretch.upperBound {
                if text[position] == UInt8(ascii: "<"), let end = tagEnd(text, position) {
                    position = end
                    continue
                }
                guard WordByte.classes[Int(text[position])] != 0 else {
                    position += 1
                    continue
                }
                let start = position
                var kinds: UInt8 = 0
                var scalars = 0
                while position < stretch.upperBound, case let kind = WordByte.classes[Int(text[position])], kind != 0 {
                    let (value, length) = UTF8Scalars.decode(text, at: position)
                    if kind == WordByte.foreign, !isLetter(value) { break }
                    kinds |= kind
                    scalars += 1
                    position += length
                }
                if position == start {
                    position += UTF8Scalars.decode(text, at: position).length
                } else {
                    tokens.append(Token(range: start..<position, kinds: kinds, isSingle: scalars == 1))
                }
            }
        }
        return tokens
    }

    /// Letters of scripts that are written with spaces, where a letter alone is seldom a word.
    private static func isLetter(_ scalar: UInt32) -> Bool {
        ScalarClass.isLatin(scalar) || ScalarClass.isGreek(scalar) || ScalarClass.isCyrillic(scalar)
    }

    private static func tagEnd(_ text: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int? {
        guard start + 2 < text.count,
            ASCIILetters.isLetter(text[start + 1]) || text[start + 1] == UInt8(ascii: "/")
                || text[start + 1] == UInt8(ascii: "!")
        else { return nil }
        let limit = min(start + longestTag, text.count)
        for position in start + 2..<limit where text[position] == UInt8(ascii: ">") { return position + 1 }
        return nil
    }

    private mutating func readTokens() {
        var index = 0
        var run = SpellingRun()
        while index < tokens.count {
            if index >= run.end { run = spelling(from: index) }
            if run.isSpelling(from: index) {
                readSpelling(index..<run.end)
                index = run.end
                continue
            }
            if let end = readParts(from: index) {
                index = end
                continue
            }
            readDrawn(tokens[index])
            index += 1
        }
    }

    private func gap(before index: Int) -> Range<Int> {
        tokens[index - 1].range.upperBound..<tokens[index].range.lowerBound
    }

    // MARK: Spelled words

    /// Letters, digits and signs in a row that stand alone. It is looked at once, however many beginnings are tried in it.
    private struct SpellingRun {
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

    private func spelling(from start: Int) -> SpellingRun {
        var end = start
        while end < tokens.count, tokens[end].isSingle, end == start || gap(before: end).count <= Self.widestGap {
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

    private mutating func readSpelling(_ range: Range<Int>) {
        // What stands between most letters stands within words, anything else between them.
        // Of several that are as many the shortest counts, then the first: never what a hash table happens to hold first.
        var counts: [ArraySlice<UInt8>: (number: Int, first: Int)] = [:]
        for index in range.dropFirst() { counts[text[gap(before: index)], default: (0, index)].number += 1 }
        let inner = counts.max {
            ($0.value.number, -$0.key.count, -$0.value.first) < ($1.value.number, -$1.key.count, -$1.value.first)
        }?.key
        var start = range.lowerBound
        var commonLetters = 0
        var foreign = 0
        for index in range {
            if tokens[index].kinds == WordByte.foreign { foreign += 1 }
            guard index + 1 == range.upperBound || text[gap(before: index + 1)] != inner else { continue }
            commonLetters += writeSpelled(start..<index + 1)
            if index + 1 < range.upperBound { copy(to: tokens[index + 1].range.lowerBound) }
            start = index + 1
        }
        if commonLetters >= 3 && commonLetters * 2 >= range.count || foreign > Self.minimumSpelling {
            result.isMaterial = true
        }
    }

    /// Writes letters as words.
    ///
    /// - Returns: the letters of common words of at least three among them.
    private mutating func writeSpelled(_ range: Range<Int>) -> Int {
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
            words = best.words
        }
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

    // MARK: Words in parts

    private enum Joint { case markup, sign }

    /// What joins a token to the one before it; nil if they are two words.
    private func joint(before index: Int) -> Joint? {
        guard tokens[index].isWord, tokens[index - 1].isWord else { return nil }
        let gap = text[gap(before: index)]
        guard let first = gap.first, !gap.contains(0x20) else { return nil }
        if first == UInt8(ascii: "<"), gap.last == UInt8(ascii: ">") { return .markup }
        if gap.count <= Self.widestMark, gap.allSatisfy(Self.isMarkup) { return .markup }
        if gap.count == 1, Self.isSign(first) { return .sign }
        return Array(gap) == [UInt8(ascii: "-"), 0x0A] ? .sign : nil
    }

    /// Marks of emphasis, as people and Markdown write it.
    @inline(__always)
    private static func isMarkup(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "*") || byte == UInt8(ascii: "`") || byte == UInt8(ascii: "~")
    }

    /// Signs that a word is cut up with.
    @inline(__always)
    private static func isSign(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "/"), UInt8(ascii: "|"),
            UInt8(ascii: ","), UInt8(ascii: "+"), UInt8(ascii: ":"), UInt8(ascii: ";"), 0x0A:
            true
        default: false
        }
    }

    /// - Returns: the token behind the word; nil if there is no word in parts.
    private mutating func readParts(from start: Int) -> Int? {
        guard start + 1 < tokens.count, joint(before: start + 1) != nil else { return nil }
        var end = start + 1
        while end < tokens.count, joint(before: end) == .markup { end += 1 }
        if end > start + 1 {
            let word = word(start..<end)
            writeParts(start..<end, word)
            if word.isCommon, word.letters.count >= 3 { result.isMaterial = true }
            return end
        }
        end = start + 1
        while end < tokens.count, end - start < Self.mostParts, joint(before: end) != nil { end += 1 }
        while end > start + 1 {
            let parts = start..<end
            let word = word(parts)
            if word.isCommon, word.letters.count >= 3, !areWords(tokens[parts]) {
                writeParts(parts, word)
                result.isMaterial = true
                return end
            }
            end -= 1
        }
        return nil
    }

    private func word(_ parts: Range<Int>) -> DrawnWord { DrawnWord(tokens[parts].flatMap { text[$0.range] }) }

    /// Whether the parts, or a long one of them, mean something on their own.
    private func areWords(_ parts: ArraySlice<Token>) -> Bool {
        let common = parts.map { $0.isSingle ? false : DrawnWord(text[$0.range]).isCommon }
        return !common.contains(false) || zip(parts, common).contains { $1 && $0.range.count >= 4 }
    }

    private mutating func writeParts(_ parts: Range<Int>, _ word: DrawnWord) {
        copy(to: tokens[parts.lowerBound].range.lowerBound)
        let places = tokens[parts].flatMap { Array($0.range) }
        write(zip(places, word.letters).map { unit(at: $0, letter: $1) })
    }

    // MARK: Drawn words

    private mutating func readDrawn(_ token: Token) {
        guard token.kinds == WordByte.letter | WordByte.drawn, !token.isSingle else { return }
        let word = DrawnWord(text[token.range])
        guard word.letters.count >= 3, word.isCommon || readsAsLetters(text[token.range]) else { return }
        copy(to: token.range.lowerBound)
        write(zip(token.range, word.letters).map { unit(at: $0, letter: $1) })
        if word.isCommon { result.isMaterial = true }
    }

    /// Digits between letters, and fewer of them: a rare word more likely than a number.
    private func readsAsLetters(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard let first = bytes.first, let last = bytes.last, ASCIILetters.isLetter(first), ASCIILetters.isLetter(last)
        else { return false }
        let letters = bytes.count { ASCIILetters.isLetter($0) }
        return bytes.count >= 4 && letters * 2 > bytes.count
            && !bytes.contains { $0 == UInt8(ascii: "@") || $0 == UInt8(ascii: "$") }
    }

    // MARK: Writing

    private func unit(at place: Int, letter: UInt8) -> Unit {
        Unit(byte: ASCIILetters.isLetter(text[place]) ? text[place] : letter, source: place..<place + 1)
    }

    private mutating func copy(to end: Int) {
        guard end > position else { return }
        result.bytes += text[position..<end]
        result.map.append(viewLength: end - position, source: position..<end)
        position = end
    }

    private mutating func write(_ units: [Unit]) {
        for unit in units {
            result.bytes.append(unit.byte)
            result.map.append(viewLength: 1, source: unit.source)
        }
        position = max(position, units.last?.source.upperBound ?? position)
        isChanged = true
    }
}
