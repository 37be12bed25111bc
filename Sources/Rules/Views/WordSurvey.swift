/// Where a text's words say that something may be hidden in it, found in one pass, so that plain text is not looked at again.
struct WordSurvey: Sendable, Equatable {
    /// Stretches in which several words in a row are not common ones, each with what stands beside it: see
    /// `CipheredStretches`. In order, not overlapping.
    private(set) var suspicious: [Range<Int>] = []
    /// Stretches whose squeezed view may differ: letters stand alone, several in a row; a word holds letters and digits or
    /// signs that are drawn like letters; or something stands within a word. Each ends and begins where no word can
    /// reach across: see `Squeezer`. In order, not overlapping.
    private(set) var squeezable: [Range<Int>] = []

    /// The most a single word adds to the suspicion: one long name is none.
    private static let longest = 6
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
    }

    private mutating func survey(
        _ text: UnsafeBufferPointer<UInt8>,
        _ classes: UnsafeBufferPointer<UInt8>,
        _ common: CommonWords
    ) {
        var suspicion = Suspicion()
        var cut = Cut()
        var position = 0
        /// The end of the word before.
        var end = 0
        var wasCommon = true
        var wasSingle = false
        var singles = 0
        while position < text.count {
            var kind = classes[Int(text[position])]
            guard kind != 0 else {
                if text[position] == UInt8(ascii: "<") { cut.tag = position }
                position += 1
                continue
            }
            let start = position
            var kinds: UInt8 = 0
            var hash = CommonWords.Hash()
            repeat {
                kinds |= kind
                hash.combine(text[position] | 0x20)
                position += 1
                guard position < text.count else { break }
                kind = classes[Int(text[position])]
            } while kind != 0
            let length = position - start
            let isCommon = kinds == WordByte.letter && length > 1 && common.contains(hash)
            let isSingle = length == 1 || kinds & WordByte.foreign != 0
            let isApart = start > end && (text[end] == 0x20 || text[start - 1] == 0x20)
            if isApart, !(isSingle && wasSingle), start - cut.tag > Squeezer.longestTag {
                if let stretch = cut.move(to: start, after: end) { squeezable.append(stretch) }
            }
            if length == 1 || kinds == WordByte.foreign && length < 4 {
                singles = start - end <= Squeezer.widestGap ? singles + 1 : 1
                if singles >= Squeezer.minimumSpelling { cut.isWanted = true }
            } else {
                singles = 0
                if kinds == WordByte.letter {
                    suspicion.count(start..<position, isCommon ? -length : min(length, Self.longest))
                } else if kinds & ~WordByte.foreign == WordByte.letter | WordByte.drawn {
                    cut.isWanted = true
                }
            }
            if !isApart, kinds & WordByte.letter != 0, end > 0,
                Squeezer.mayJoin(text, end..<start, areCommon: isCommon && wasCommon)
            {
                cut.isWanted = true
            }
            wasCommon = isCommon
            wasSingle = isSingle
            end = position
        }
        if let stretch = cut.move(to: text.count, after: text.count) { squeezable.append(stretch) }
        suspicious = suspicion.stretches(in: text, margin: Self.margin)
    }

    /// The stretch between two places that no word reaches across.
    private struct Cut {
        /// Where it begins.
        var start = 0
        /// The last `<`: a tag may reach from it across words.
        var tag = -Squeezer.longestTag
        var isWanted = false

        /// - Returns: the stretch that ends with the word before, if it is wanted.
        mutating func move(to next: Int, after end: Int) -> Range<Int>? {
            defer {
                start = next
                isWanted = false
            }
            return isWanted ? start..<end : nil
        }
    }

    /// Letters of words that are not common, less those of common ones.
    private struct Suspicion {
        private var sum = 0
        private var start = 0
        private var isFound = false
        private var found: [Range<Int>] = []

        @inline(__always)
        mutating func count(_ word: Range<Int>, _ weight: Int) {
            if sum == 0 {
                guard weight > 0 else { return }
                start = word.lowerBound
            }
            sum = max(0, sum + weight)
            if sum >= CipheredStretches.suspiciousLetters { isFound = true }
            if sum == 0, isFound {
                found.append(start..<word.upperBound)
                isFound = false
            }
        }

        /// What was found, with `margin` bytes and the rest of a word on either side.
        func stretches(in text: UnsafeBufferPointer<UInt8>, margin: Int) -> [Range<Int>] {
            var stretches: [Range<Int>] = []
            for stretch in isFound ? found + [start..<text.count] : found {
                var lower = max(0, stretch.lowerBound - margin)
                var upper = min(text.count, stretch.upperBound + margin)
                while lower > 0, ASCIILetters.isLetter(text[lower - 1]) { lower -= 1 }
                while upper < text.count, ASCIILetters.isLetter(text[upper]) { upper += 1 }
                if let last = stretches.last, last.upperBound >= lower {
                    stretches[stretches.count - 1] = last.lowerBound..<max(last.upperBound, upper)
                } else {
                    stretches.append(lower..<upper)
                }
            }
            return stretches
        }
    }
}
