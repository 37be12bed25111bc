/// Where a text's words say that something may be hidden in it, found in one pass, so that plain text is not looked at again.
struct WordSurvey: Sendable, Equatable {
    /// Stretches in which several words gain by being turned, each with what stands beside it: see `CipheredStretches`. In
    /// order, not overlapping.
    private(set) var suspicious: [Range<Int>] = []
    /// Stretches whose squeezed view may differ: letters stand alone, several in a row; a word holds letters and digits or
    /// signs that are drawn like letters; or something stands within a word. Each ends and begins where no word can
    /// reach across: see `Squeezer`. In order, not overlapping.
    private(set) var squeezable: [Range<Int>] = []
    /// Stretches in which several words in a row are none that are common, but for short ones: see `ShiftedStretches`. In order.
    private(set) var unknown: [Range<Int>] = []
    /// Stretches round words of the spelling alphabet that are not common ones and stand near each other. In order, not overlapping.
    private(set) var spelled: [Range<Int>] = []

    /// Bytes beside a suspicious stretch that are looked at as well: room for `CipheredStretches.margin` words.
    private static let margin = 128

    init(_ text: [UInt8]) {
        text.withUnsafeBufferPointer { text in
            WordByte.classes.withUnsafeBufferPointer { classes in
                survey(text, classes, CommonWords.shared)
            }
        }
    }

    /// Everything is looked at: what a survey is compared with.
    init(suspectingAllOf text: [UInt8]) {
        suspicious = [text.indices]
        squeezable = [text.indices]
        unknown = [text.indices]
        spelled = [text.indices]
    }

    /// A word, as wide as bytes go that words are made of.
    private struct Token {
        var start: Int
        var end: Int
        var kinds: UInt8
        /// Its letters, if it has no other bytes.
        var letters: PackedWord
    }

    private mutating func survey(
        _ text: UnsafeBufferPointer<UInt8>,
        _ classes: UnsafeBufferPointer<UInt8>,
        _ common: CommonWords
    ) {
        let raw = UnsafeRawBufferPointer(text)
        var suspicion = CipherSuspicion(common)
        var cut = Cut()
        var position = 0
        /// The end of the word before.
        var end = 0
        var wasCommon = true
        var wasSingle = false
        var singles = 0
        var row = UnknownRow()
        var spelling = Spelling(end: text.count)
        while position < text.count {
            guard classes[Int(text[position])] != 0 else {
                if text[position] == UInt8(ascii: "<") { cut.tag = position }
                position += 1
                continue
            }
            if !cut.isWanted, suspicion.isIdle, position == 0 || text[position - 1] == 0x20,
                position - cut.tag > WordToken.longestTag,
                let last = Self.commonWords(in: raw, from: position, common)
            {
                // Nothing stands within them or between them: it is as if each had been read below.
                cut.start = last.lowerBound
                (wasCommon, wasSingle, singles) = (true, false, 0)
                // One short word may be another's code.
                if last.lowerBound > position || last.count >= ShiftedStretches.plainLength, let stretch = row.close() {
                    unknown.append(stretch)
                }
                end = last.upperBound
                position = end + 1
                continue
            }
            let token = Self.token(at: position, in: text, raw, classes)
            let (start, kinds, length) = (token.start, token.kinds, token.end - token.start)
            position = token.end
            let isCommon = kinds == WordByte.letter && length > 1 && common.contains(token.letters)
            let isNumber =
                kinds & WordByte.letter != 0 && kinds & (WordByte.drawn | WordByte.digit) != 0
                && kinds & WordByte.foreign == 0 && SpelledNumbers.isNumber(text, start..<position)
            let isSingle = length == 1 || kinds & WordByte.foreign != 0 || isNumber
            let isApart = start > end && (text[end] == 0x20 || text[start - 1] == 0x20)
            if isApart, !(isSingle && wasSingle), start - cut.tag > WordToken.longestTag {
                if let stretch = cut.move(to: start, after: end) { squeezable.append(stretch) }
            }
            if length == 1 || kinds == WordByte.foreign && length < 4 {
                singles = start - end <= Squeezer.widestGap ? singles + 1 : 1
                if singles >= Squeezer.minimumSpelling { cut.isWanted = true }
            } else {
                if isNumber {
                    if start - end > Squeezer.widestGap { singles = 0 }
                    let most = Self.countParts(text, start..<position, &singles)
                    if most >= Squeezer.minimumSpelling { cut.isWanted = true }
                } else {
                    singles = 0
                }
                if kinds == WordByte.letter {
                    suspicion.count(token.letters, start..<position, isCommon: isCommon)
                    if !isCommon {
                        row.add(start..<position)
                        if SpellingAlphabet.letter(of: token.letters) != nil { spelling.add(start..<position) }
                    } else if length >= ShiftedStretches.plainLength, let stretch = row.close() {
                        unknown.append(stretch)
                    }
                } else if kinds & WordByte.letter != 0 {
                    suspicion.countLetters(in: text, start..<position)
                    if kinds & ~WordByte.foreign == WordByte.letter | WordByte.drawn { cut.isWanted = true }
                }
            }
            if !isApart, kinds & WordByte.letter != 0, end > 0,
                WordJoint.isPossible(text, end..<start, areCommon: isCommon && wasCommon)
            {
                cut.isWanted = true
            }
            wasCommon = isCommon
            wasSingle = isSingle
            end = position
        }
        if let stretch = cut.move(to: text.count, after: text.count) { squeezable.append(stretch) }
        suspicious = suspicion.stretches(in: text, margin: Self.margin)
        if let stretch = row.close() { unknown.append(stretch) }
        spelled = spelling.stretches
    }

    /// Words in a row that are not common.
    private struct UnknownRow {
        private var words = 0
        private var range = 0..<0

        @inline(__always)
        mutating func add(_ word: Range<Int>) {
            range = (words == 0 ? word.lowerBound : range.lowerBound)..<word.upperBound
            words += 1
        }

        /// - Returns: the row, if it is long enough to be looked at.
        @inline(__always)
        mutating func close() -> Range<Int>? {
            defer { words = 0 }
            return words >= ShiftedStretches.minimumWords ? range : nil
        }
    }

    /// Words of the spelling alphabet near each other.
    private struct Spelling {
        /// Bytes from one to the next, and those beside them that are looked at: others of the alphabet are common words.
        private static let reach = 64
        /// Of the text.
        let end: Int
        private var last: Range<Int>?
        private(set) var stretches: [Range<Int>] = []

        init(end: Int) { self.end = end }

        mutating func add(_ word: Range<Int>) {
            defer { last = word }
            guard let last, word.lowerBound - last.upperBound <= Self.reach else { return }
            let upper = min(end, word.upperBound + Self.reach)
            let lower = max(0, last.lowerBound - Self.reach)
            if let before = stretches.last, before.upperBound >= lower {
                stretches[stretches.count - 1] = before.lowerBound..<upper
            } else {
                stretches.append(lower..<upper)
            }
        }
    }

    /// Counts the parts of a number and the letters beside it as words: see `SpelledNumbers`.
    ///
    /// - Parameter singles: that stand in a row before it, then at its end.
    /// - Returns: the most in a row.
    private static func countParts(
        _ text: UnsafeBufferPointer<UInt8>,
        _ word: Range<Int>,
        _ singles: inout Int
    ) -> Int {
        let begins = ASCIILetters.isLetter(text[word.lowerBound])
        let ends = ASCIILetters.isLetter(text[word.upperBound - 1])
        if begins { singles += 1 }
        let isDigit = word.count - (begins ? 1 : 0) - (ends ? 1 : 0) == 1
        if isDigit { singles += 1 }
        let most = singles
        if !isDigit { singles = 0 }
        if ends { singles += 1 }
        return max(most, singles)
    }

    /// The last of the common words that stand in a row from `start` on, a space behind each; nil if there is none.
    @inline(__always)
    private static func commonWords(in text: UnsafeRawBufferPointer, from start: Int, _ common: CommonWords) -> Range<
        Int
    >? {
        var last: Range<Int>?
        var position = start
        while let word = PackedWord(lettersOf: text, from: position), word.count > 1,
            position + word.count < text.count, text[position + word.count] == 0x20, common.contains(word)
        {
            last = position..<position + word.count
            position += word.count + 1
        }
        return last
    }

    @inline(__always)
    private static func token(
        at start: Int,
        in text: UnsafeBufferPointer<UInt8>,
        _ raw: UnsafeRawBufferPointer,
        _ classes: UnsafeBufferPointer<UInt8>
    ) -> Token {
        if let letters = PackedWord(lettersOf: raw, from: start) {
            let end = start + letters.count
            if end == text.count || classes[Int(text[end])] == 0 {
                return Token(start: start, end: end, kinds: WordByte.letter, letters: letters)
            }
        }
        return longToken(at: start, in: text, classes)
    }

    /// Byte by byte: for what is not a word of letters alone that fits.
    private static func longToken(
        at start: Int,
        in text: UnsafeBufferPointer<UInt8>,
        _ classes: UnsafeBufferPointer<UInt8>
    ) -> Token {
        var token = Token(start: start, end: start, kinds: 0, letters: PackedWord())
        while token.end < text.count, case let kind = classes[Int(text[token.end])], kind != 0 {
            token.kinds |= kind
            token.letters.append(text[token.end] | 0x20)
            token.end += 1
        }
        return token
    }

    /// The stretch between two places that no word reaches across.
    private struct Cut {
        /// Where it begins.
        var start = 0
        /// The last `<`: a tag may reach from it across words.
        var tag = -WordToken.longestTag
        var isWanted = false

        /// - Returns: the stretch that ends with the word before, if it is wanted.
        @inline(__always)
        mutating func move(to next: Int, after end: Int) -> Range<Int>? {
            defer {
                start = next
                isWanted = false
            }
            return isWanted ? start..<end : nil
        }
    }
}
