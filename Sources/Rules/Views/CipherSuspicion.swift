/// Finds, word by word, where words gain by being turned, as `CipheredStretches` weighs them: sums of weights that start anew
/// where nothing is left of them. Outside of what is found there is no stretch that reads better turned.
struct CipherSuspicion {
    /// Words since a sum was last nothing.
    private struct Run {
        var sum = 0
        var start = 0
        /// Words that are common only when turned.
        var gained = 0

        var isFound: Bool { gained >= CipheredStretches.minimumWords }

        /// - Returns: the words up to this one, if nothing is left of their sum and enough of them gained.
        @inline(__always)
        mutating func add(_ word: Range<Int>, isCommon: Bool, isTurned: Bool) -> Range<Int>? {
            let weight = CipheredStretches.weight(word.count, isCommon: isCommon, isTurned: isTurned)
            if sum == 0 {
                guard weight > 0 else { return nil }
                start = word.lowerBound
            }
            sum += weight
            if !isCommon, isTurned { gained += 1 }
            guard sum <= 0 else { return nil }
            defer { self = Run() }
            return isFound ? start..<word.upperBound : nil
        }
    }

    private let common: CommonWords
    private var rotated = Run()
    private var reversed = Run()
    private var found: [Range<Int>] = []

    init(_ common: CommonWords) { self.common = common }

    /// Whether nothing has been gained by the words before: then a common word changes nothing.
    @inline(__always)
    var isIdle: Bool { rotated.sum == 0 && reversed.sum == 0 }

    /// - Parameter letters: of a word that has only letters, in lower case; of one that has more than fit, any.
    @inline(__always)
    mutating func count(_ letters: PackedWord, _ word: Range<Int>, isCommon: Bool) {
        if isCommon, isIdle { return }
        weigh(letters, word, isCommon: isCommon)
    }

    private mutating func weigh(_ letters: PackedWord, _ word: Range<Int>, isCommon: Bool) {
        guard word.count > 1 else { return }
        let fits = letters.count <= PackedWord.capacity
        let isRotated = fits && common.contains(letters.rotated)
        let isReversed = fits && common.contains(letters.reversed)
        if let stretch = rotated.add(word, isCommon: isCommon, isTurned: isRotated) { found.append(stretch) }
        if let stretch = reversed.add(word, isCommon: isCommon, isTurned: isReversed) { found.append(stretch) }
    }

    /// The words of letters in a word that has other bytes, too.
    mutating func countLetters(in text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) {
        var position = range.lowerBound
        while position < range.upperBound {
            guard ASCIILetters.isLetter(text[position]) else {
                position += 1
                continue
            }
            let start = position
            var letters = PackedWord()
            while position < range.upperBound, ASCIILetters.isLetter(text[position]) {
                letters.append(text[position] | 0x20)
                position += 1
            }
            weigh(letters, start..<position, isCommon: common.contains(letters))
        }
    }

    /// What was found, with `margin` bytes and the rest of a word on either side; in order, not overlapping.
    func stretches(in text: UnsafeBufferPointer<UInt8>, margin: Int) -> [Range<Int>] {
        let open = [rotated, reversed].filter(\.isFound).map { $0.start..<text.count }
        var stretches: [Range<Int>] = []
        for stretch in (found + open).sorted(by: { $0.lowerBound < $1.lowerBound }) {
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
