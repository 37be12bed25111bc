/// A text whose spaces are left out, put back together: spaces between the words, and where signs and digits had them.
struct JoinedText {
    private let text: [UInt8]
    private let range: Range<Int>
    private let letters: JoinedLetters
    private var run = DecodedRun(encoding: .joinedWords, bytes: [], map: OffsetMap())
    private var isQuoting = false

    init(_ text: [UInt8], _ range: Range<Int>) {
        (self.text, self.range) = (text, range)
        letters = JoinedLetters(text, range)
    }

    consuming func parted() -> DecodedRun {
        var place = range.lowerBound
        while place < range.upperBound {
            if ASCIILetters.isLetter(text[place]) {
                place = appendLetters(from: place)
            } else {
                appendSign(at: place)
                place += 1
            }
        }
        calm()
        return run
    }

    /// Where a capital stood for each space, it says nothing of the word: those of words that are no names become small, but for
    /// the first of a sentence and `I`.
    private mutating func calm() {
        guard letters.isCapitalised else { return }
        var beginsSentence = true
        var place = 0
        while place < run.bytes.count {
            guard ASCIILetters.isLetter(run.bytes[place]) else {
                switch run.bytes[place] {
                case UInt8(ascii: "."), UInt8(ascii: "!"), UInt8(ascii: "?"): beginsSentence = true
                case 0x20, UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "("): break
                default: beginsSentence = false
                }
                place += 1
                continue
            }
            let word = run.bytes[place...].prefix(while: ASCIILetters.isLetter)
            if !beginsSentence, isSmall(word) { run.bytes[place] |= 0x20 }
            beginsSentence = false
            place = word.endIndex
        }
    }

    /// Whether a word with a capital is written without it.
    private func isSmall(_ word: ArraySlice<UInt8>) -> Bool {
        guard word.dropFirst().allSatisfy({ $0 & 0x20 != 0 }), word.first != UInt8(ascii: "I") || word.count > 1 else {
            return false
        }
        let parts = WordSplitter.split(word.map { $0 | 0x20 }).words
        return parts.count == 1 && parts[0].isCommon
    }

    private mutating func appendLetters(from start: Int) -> Int {
        var end = start
        while end < range.upperBound, ASCIILetters.isLetter(text[end]) { end += 1 }
        var first = start
        let contraction = Contraction(text: text, joined: letters)
        if let length = contraction.length(of: start..<end) ?? contraction.ordinalLength(of: start..<end) {
            run.append(text, start..<start + length)
            first = start + length
            if first < end { run.appendSpace(before: first) }
        }
        guard first < end else { return end }
        for (index, word) in contraction.words(of: first..<end).enumerated() {
            if index > 0 { run.appendSpace(before: word.lowerBound) }
            run.append(text, word)
        }
        return end
    }

    /// Digits, punctuation and what else is no letter of ASCII, with the spaces that people write beside it.
    private mutating func appendSign(at place: Int) {
        let sign = text[place]
        let last = place > range.lowerBound ? text[place - 1] : nil
        let next = place + 1 < range.upperBound ? text[place + 1] : nil
        let follows = last.map(ASCIILetters.isLetter) ?? false
        let leads =
            next.map { ASCIILetters.isLetter($0) || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "(") } ?? false
        var (before, after) = (false, false)
        switch sign {
        case UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "?"), UInt8(ascii: "!"), UInt8(ascii: ")"):
            after = leads || sign != UInt8(ascii: ",") && isDigit(next)
        case UInt8(ascii: "."), UInt8(ascii: ":"):
            after = leads && !isDigit(last) && !(isQuoting && next == UInt8(ascii: "\""))
        case UInt8(ascii: "("), UInt8(ascii: "$"), UInt8(ascii: "&"):
            before = follows
            after = sign == UInt8(ascii: "&") && leads
        case UInt8(ascii: "\""):
            isQuoting.toggle()
            before = isQuoting && follows
            after = !isQuoting && leads
        case 0x30...0x39:
            before = follows
            after = lettersAhead(of: place + 1) > 2 && !isOrdinal(at: place + 1)
        default: break
        }
        if before { run.appendSpace(before: place) }
        run.append(text, place..<place + 1)
        if after, let last = run.bytes.last, last != 0x20 { run.appendSpace(before: place + 1) }
    }

    private func isDigit(_ byte: UInt8?) -> Bool { byte.map { (0x30...0x39).contains($0) } ?? false }

    private func isOrdinal(at place: Int) -> Bool {
        let end = place + lettersAhead(of: place)
        return Contraction(text: text, joined: letters).ordinalLength(of: place..<end) != nil
    }

    /// Letters that follow; one or two behind a number belong to it (`3rd`, `5g`).
    private func lettersAhead(of place: Int) -> Int {
        text[place..<range.upperBound].prefix(while: ASCIILetters.isLetter).count
    }
}

extension DecodedRun {
    /// A space that stands for the joint of two bytes.
    mutating func appendSpace(before place: Int) {
        bytes.append(0x20)
        map.append(viewLength: 1, source: place - 1..<place)
    }

    mutating func append(_ text: [UInt8], _ range: Range<Int>) {
        bytes += text[range]
        map.append(viewLength: range.count, source: range)
    }
}
