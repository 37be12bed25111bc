/// Finds stretches of words that are no words until they are turned: by 13 letters (rot13) or end to start.
///
/// The test of plausibility: a word gains if it is common only when turned, and loses if it is common only as it stands;
/// the more letters, the more. A stretch is taken where the gains outweigh the losses most, and only if it gains
/// `minimumWords` words with `minimumLetters` letters, a word of four letters or more among them. Words in foreign
/// languages and names rarely gain, and never so often.
struct CipheredStretches {
    static let minimumWords = 3
    static let minimumLetters = 10
    /// Words beside a stretch that may belong to it though they are not common either way.
    static let margin = 12

    private struct Word {
        var range: Range<Int>
        var isCommon: Bool
        var isRotated: Bool
        var isReversed: Bool
        /// Whether the words on both sides of it are far from each other.
        var startsLine: Bool
    }

    private let text: [UInt8]
    private let words: [Word]

    static func find(in text: [UInt8], _ survey: WordSurvey) -> [DecodedRun] {
        survey.suspicious.flatMap { stretch in
            let stretches = CipheredStretches(text, in: stretch)
            return stretches.find(\.isRotated).map(stretches.rotated)
                + stretches.find(\.isReversed).flatMap(stretches.bothReversed)
        }
    }

    private init(_ text: [UInt8], in stretch: Range<Int>) {
        self.text = text
        words = text.withUnsafeBufferPointer { Self.words(of: $0, in: stretch) }
    }

    private static func words(of text: UnsafeBufferPointer<UInt8>, in stretch: Range<Int>) -> [Word] {
        let common = CommonWords.shared
        var words: [Word] = []
        words.reserveCapacity(stretch.count / 4)
        var position = stretch.lowerBound
        var startsLine = true
        while position < stretch.upperBound {
            guard ASCIILetters.isLetter(text[position]) else {
                if text[position] == 0x0A { startsLine = true }
                position += 1
                continue
            }
            let start = position
            var word = PackedWord()
            while position < stretch.upperBound, ASCIILetters.isLetter(text[position]) {
                word.append(text[position] | 0x20)
                position += 1
            }
            words.append(
                Word(
                    range: start..<position,
                    isCommon: common.contains(word),
                    isRotated: word.count <= PackedWord.capacity && common.contains(word.rotated),
                    isReversed: word.count <= PackedWord.capacity && common.contains(word.reversed),
                    startsLine: startsLine
                )
            )
            startsLine = false
        }
        return words
    }

    /// Ranges of words that read better turned.
    private func find(_ turned: (Word) -> Bool) -> [Range<Int>] {
        var found: [Range<Int>] = []
        var best: (sum: Int, range: Range<Int>) = (0, 0..<0)
        var sum = 0
        var start = 0
        func close() {
            if isPlausible(best.range, turned) {
                found.append(widened(best.range, after: found.last?.upperBound ?? 0, turned))
            }
            best = (0, 0..<0)
        }
        for (index, word) in words.enumerated() {
            sum += weight(of: word, turned)
            if sum <= 0 || sum < best.sum - 40 {
                close()
                (sum, start) = (0, index + 1)
            } else if sum > best.sum {
                best = (sum, start..<index + 1)
            }
        }
        close()
        return found
    }

    private func weight(of word: Word, _ turned: (Word) -> Bool) -> Int {
        // A single letter says nothing.
        word.range.count == 1
            ? 0 : Self.weight(word.range.count, isCommon: word.isCommon, isTurned: turned(word))
    }

    /// - Parameters:
    ///   - letters: of the word, more than one.
    ///   - isTurned: whether it is common when turned.
    @inline(__always)
    static func weight(_ letters: Int, isCommon: Bool, isTurned: Bool) -> Int {
        switch (isCommon, isTurned) {
        case (false, true): 2 * letters
        case (true, true): 0
        case (false, false): -letters
        case (true, false): -3 * letters
        }
    }

    private func isPlausible(_ range: Range<Int>, _ turned: (Word) -> Bool) -> Bool {
        let gained = words[range].filter { turned($0) && !$0.isCommon && $0.range.count > 1 }
        return gained.count >= Self.minimumWords
            && gained.reduce(0) { $0 + $1.range.count } >= Self.minimumLetters
            && gained.contains { $0.range.count >= 4 }
    }

    /// With the words beside it that are no common ones, so that a rare word at the end is read too.
    private func widened(_ range: Range<Int>, after end: Int, _ turned: (Word) -> Bool) -> Range<Int> {
        var (lower, upper) = (range.lowerBound, range.upperBound)
        while lower > end, range.lowerBound - lower < Self.margin, !words[lower].startsLine,
            !isPlain(words[lower - 1], turned)
        {
            lower -= 1
        }
        while upper < words.count, upper - range.upperBound < Self.margin, !words[upper].startsLine,
            !isPlain(words[upper], turned)
        { upper += 1 }
        return restOfLine(lower..<upper, after: end, turned)
    }

    /// With the few words that are left of the line on either side, if most of these are no plain ones: a rare word stands there
    /// beside one that makes sense either way.
    private func restOfLine(_ range: Range<Int>, after end: Int, _ turned: (Word) -> Bool) -> Range<Int> {
        func isOdd(_ rest: Range<Int>) -> Bool {
            rest.count <= Self.margin && words[rest].count(where: { isPlain($0, turned) }) * 3 <= rest.count
        }
        var first = range.lowerBound
        while first > end, !words[first].startsLine, range.lowerBound - first <= Self.margin { first -= 1 }
        var last = range.upperBound
        while last < words.count, !words[last].startsLine, last - range.upperBound <= Self.margin { last += 1 }
        if !isOdd(first..<range.lowerBound) { first = range.lowerBound }
        if !isOdd(range.upperBound..<last) { last = range.upperBound }
        return first..<last
    }

    private func isPlain(_ word: Word, _ turned: (Word) -> Bool) -> Bool {
        word.isCommon && word.range.count > 1 && !turned(word)
    }

    // MARK: Turning

    /// The words, and the signs beside them.
    private func source(of range: Range<Int>) -> Range<Int> {
        var lower = words[range.lowerBound].range.lowerBound
        var upper = words[range.upperBound - 1].range.upperBound
        while lower > 0, Self.isSign(text[lower - 1]) { lower -= 1 }
        while upper < text.count, Self.isSign(text[upper]) { upper += 1 }
        return lower..<upper
    }

    /// Signs and digits: what is no letter, no white space and not shown.
    private static func isSign(_ byte: UInt8) -> Bool {
        (0x21...0x7E).contains(byte) && !ASCIILetters.isLetter(byte)
    }

    private static func endsSentence(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ".") || byte == UInt8(ascii: "?") || byte == UInt8(ascii: "!")
    }

    private func rotated(_ range: Range<Int>) -> DecodedRun {
        let source = source(of: range)
        return DecodedRun(
            encoding: .rot13,
            bytes: text[source].map(ASCIILetters.rotated),
            map: OffsetMap(viewLength: source.count, source: source)
        )
    }

    private func reversed(_ range: Range<Int>) -> DecodedRun {
        var run = DecodedRun(encoding: .reversed, bytes: [], map: OffsetMap())
        append(source(of: range), backwards: true, to: &run)
        return run
    }

    /// The text from end to start, and each word. The model reads the one whose words stand in their order; both if nothing tells.
    private func bothReversed(_ range: Range<Int>) -> [DecodedRun] {
        var runs = [reversed(range), reversedWords(range)]
        let scores = runs.map { WordOrder.score(of: $0.bytes) }
        if scores[0] != scores[1] { runs[scores[0] < scores[1] ? 0 : 1].isForModel = false }
        return runs
    }

    /// Each word on its own, with the signs in it; with those beside it, if these stand before words and not behind them.
    private func reversedWords(_ range: Range<Int>) -> DecodedRun {
        var run = DecodedRun(encoding: .reversedWords, bytes: [], map: OffsetMap())
        let source = source(of: range)
        var position = source.lowerBound
        let isWhole = hasSignsInFront(source)
        for chunk in chunks(of: source) {
            let part = isWhole ? chunk : withoutSigns(chunk)
            append(position..<part.lowerBound, backwards: false, to: &run)
            append(part, backwards: true, to: &run)
            position = part.upperBound
        }
        append(position..<source.upperBound, backwards: false, to: &run)
        return run
    }

    /// What stands between spaces.
    private func chunks(of source: Range<Int>) -> [Range<Int>] {
        text[source].split { $0 == 0x20 || (0x09...0x0D).contains($0) }.map(\.indices)
    }

    /// What stands between the signs at either end.
    private func withoutSigns(_ chunk: Range<Int>) -> Range<Int> {
        func isWord(_ place: Int) -> Bool { WordByte.classes[Int(text[place])] != 0 }
        guard let lower = chunk.first(where: isWord), let upper = chunk.last(where: isWord) else {
            return chunk.lowerBound..<chunk.lowerBound
        }
        return lower..<upper + 1
    }

    private func hasSignsInFront(_ source: Range<Int>) -> Bool {
        func isSign(_ byte: UInt8?) -> Bool { byte.map { Self.endsSentence($0) || $0 == UInt8(ascii: ",") } ?? false }
        let chunks = chunks(of: source)
        return chunks.count { isSign(text[$0].first) } > chunks.count { isSign(text[$0].last) }
    }

    private func append(_ source: Range<Int>, backwards: Bool, to run: inout DecodedRun) {
        let scalars = text.withUnsafeBufferPointer { text in
            var scalars: [Range<Int>] = []
            var position = source.lowerBound
            while position < source.upperBound {
                let length = UTF8Scalars.decode(text, at: position).length
                scalars.append(position..<min(position + length, source.upperBound))
                position += length
            }
            return scalars
        }
        for scalar in backwards ? scalars.reversed() : scalars {
            run.bytes += text[scalar]
            run.map.append(viewLength: scalar.count, source: scalar)
        }
    }
}

/// The letters of ASCII.
enum ASCIILetters {
    @inline(__always)
    static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) && byte < 0x80 }

    /// Thirteen letters further, case kept; other bytes as they are.
    static func rotated(_ byte: UInt8) -> UInt8 {
        guard isLetter(byte) else { return byte }
        return byte | 0x20 < UInt8(ascii: "n") ? byte + 13 : byte - 13
    }
}
