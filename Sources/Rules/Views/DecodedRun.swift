/// A stretch of a text that reads as another text once decoded.
struct DecodedRun: Sendable, Equatable {
    var encoding: TextEncoding
    var bytes: [UInt8]
    /// Back to the text that holds the run.
    var map: OffsetMap
    /// Whether the model is to read it, too, and not only the rules.
    var isForModel = true

    /// Where it stands in the text that holds it.
    var source: Range<Int> { map.source(of: bytes.indices) }

    /// The same runs, in the order of their places. Where a much longer text is read from the same characters, what looks readable
    /// in another code or from another place on is chance: nothing for the model.
    static func leavingChance(_ runs: [DecodedRun]) -> [DecodedRun] {
        var runs = runs.map { (run: $0, source: $0.source) }.sorted { $0.source.lowerBound < $1.source.lowerBound }
        /// The run of those before that reaches furthest, chance left out.
        var last: Int?
        for index in runs.indices {
            guard let before = last, haveMostInCommon(runs[before].source, runs[index].source) else {
                last = index
                continue
            }
            let lengths = (runs[before].run.bytes.count, runs[index].run.bytes.count)
            if lengths.1 * 2 <= lengths.0 {
                runs[index].run.isForModel = false
            } else if lengths.0 * 2 <= lengths.1 {
                runs[before].run.isForModel = false
                last = index
            } else if runs[index].source.upperBound > runs[before].source.upperBound {
                last = index
            }
        }
        return runs.map(\.run)
    }

    /// Whether two places are more or less the same, at least to the shorter one. Code that stands directly behind other code may be
    /// readable from the last characters of that on.
    private static func haveMostInCommon(_ first: Range<Int>, _ second: Range<Int>) -> Bool {
        first.clamped(to: second).count * 2 > min(first.count, second.count)
    }
}

/// How a text was hidden within another.
package enum TextEncoding: String, Sendable, Hashable, CaseIterable {
    case base64
    case base32
    case hexadecimal
    /// Percent-encoding (RFC 3986), `+` read as a space.
    case percent
    /// Character references of HTML.
    case entities
    /// `\u006b` and `\u{6b}`.
    case unicodeEscapes
    /// The escapes of a text that is JSON.
    case json
    /// Letters turned by thirteen.
    case rot13
    /// Written from end to start.
    case reversed
    /// Each word written from end to start.
    case reversedWords
    /// Characters of Unicode's tag block.
    case tags
    /// Bytes carried by variation selectors.
    case variationSelectors
    /// Letters moved by so many places of the alphabet, other than thirteen, or the alphabet turned round.
    case shifted
    case morse
    /// Words that stand for their first letters: alfa, bravo.
    case spellingAlphabet
    /// Characters as their numbers.
    case characterCodes
    /// Letters as signs of other kinds: regional indicators, braille.
    case symbols
    /// Letters that stand on their heads, from end to start.
    case upsideDown
    /// Words with nothing between them.
    case joinedWords
    /// English with marks on its letters.
    case accents

    /// Whether it only turns letters or their order.
    var isTurning: Bool { self == .rot13 || self == .reversed || self == .reversedWords }
    /// Whether it changes plain letters that stand among those that it hides, too: they become others, or stand in another order.
    var changesLetters: Bool { isTurning || self == .shifted || self == .upsideDown }
    /// Whether nothing of it is shown.
    var isInvisible: Bool { self == .tags || self == .variationSelectors }
}

/// Tells readable text from what random bytes look like.
enum ReadableText {
    /// The readable stretches of decoded bytes.
    ///
    /// - Parameters:
    ///   - minimum: bytes a stretch must have.
    ///   - needsWords: whether it must look like more than one word: with a space, or letters that are not ASCII, or almost
    ///     only letters.
    static func stretches(of bytes: [UInt8], minimum: Int, needsWords: Bool) -> [Range<Int>] {
        var found: [Range<Int>] = []
        let readable = readable
        let kinds = kinds
        bytes.withUnsafeBufferPointer { bytes in
            var start = 0
            var position = 0
            var letters = 0
            var digits = 0
            var hasWords = false
            var hasControls = false
            func close(at end: Int) {
                let length = end - start
                guard length >= minimum, letters > 0 || digits >= minimum,
                    !hasControls || EnglishText.isLikely(bytes[start..<end])
                else { return }
                if !needsWords || hasWords || length >= longWord && (letters + digits) * 4 >= length * 3 {
                    found.append(start..<end)
                }
            }
            while position < bytes.count {
                let byte = bytes[position]
                if case let kind = kinds[Int(byte)], kind != unknown {
                    position += 1
                    if kind != unreadable {
                        letters += Int(kind & letter)
                        if kind == space { hasWords = true } else if kind == digit { digits += 1 }
                    } else if byte < 0x20, position - 1 > start, position < bytes.count,
                        kinds[Int(bytes[position - 2])] == letter, kinds[Int(bytes[position])] == letter
                    {
                        // A control character between two letters may part words, whatever it is.
                        (hasWords, hasControls) = (true, true)
                    } else {
                        if position - 1 > start { close(at: position - 1) }
                        (start, letters, digits, hasWords, hasControls) = (position, 0, 0, false, false)
                    }
                    continue
                }
                let (value, length) = UTF8Scalars.decode(bytes, at: position)
                if isReadable(value, length, readable) {
                    if ScalarSet.word.contains(value) {
                        letters += 1
                        hasWords = true
                    }
                    position += length
                } else {
                    close(at: position)
                    position += length
                    (start, letters, digits, hasWords, hasControls) = (position, 0, 0, false, false)
                }
            }
            close(at: position)
        }
        return found
    }

    private static let unreadable: UInt8 = 0
    private static let letter: UInt8 = 1
    private static let space: UInt8 = 2
    private static let sign: UInt8 = 4
    private static let unknown: UInt8 = 8
    private static let digit: UInt8 = 16
    /// Letters and digits that are no chance though no space is among them.
    private static let longWord = 16

    /// By byte: what it is, where it tells that alone.
    private static let kinds: [UInt8] = (0...255).map { (byte: UInt8) in
        switch byte {
        case 0xC2...0xF4: unknown
        case _ where ASCIILetters.isLetter(byte): letter
        case 0x20: space
        case 0x30...0x39: digit
        case 0x21...0x7E, 0x09, 0x0A, 0x0D: sign
        default: unreadable
        }
    }

    /// Whether people write what is not ASCII: no control characters but white space, nothing invalid or private.
    @inline(__always)
    private static func isReadable(_ value: UInt32, _ length: Int, _ readable: [UInt64]) -> Bool {
        guard length > 1, value >= 0xA0 else { return false }
        guard value > 0xFFFF else { return readable[Int(value >> 6)] >> UInt64(value & 63) & 1 == 1 }
        return isWritten(value)
    }

    /// By 64 scalars of the first plane: those that people write. All bytes may be such scalars where there is nothing to read.
    private static let readable: [UInt64] = (UInt32(0)..<1024).map { word in
        (UInt32(0)..<64).reduce(0) { $0 | (isWritten(word << 6 | $1) ? 1 << UInt64($1) : 0) }
    }

    private static func isWritten(_ value: UInt32) -> Bool {
        switch Unicode.Scalar(value)?.properties.generalCategory {
        case nil, .unassigned, .privateUse, .surrogate, .control: false
        default: true
        }
    }
}
