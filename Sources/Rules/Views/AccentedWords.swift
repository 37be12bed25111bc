/// Reads letters without the marks that they bear: for rules always, for the model where that makes English of what was none,
/// `hów tö dò ît`.
enum AccentedWords {
    /// Marked words that have to be known without their marks; those that English has borrowed are fewer.
    private static let minimumWords = 3

    /// - Returns: each line that has such letters.
    static func find(in text: [UInt8]) -> [DecodedRun] {
        text.withUnsafeBufferPointer { text in
            var runs: [DecodedRun] = []
            var start = 0
            while start < text.count {
                let end = text[start...].firstIndex(of: 0x0A) ?? text.count
                if text[start..<end].contains(where: { $0 >= 0x80 }), let run = run(of: start..<end, in: text) {
                    runs.append(run)
                }
                start = end + 1
            }
            return runs
        }
    }

    private static func run(of line: Range<Int>, in text: UnsafeBufferPointer<UInt8>) -> DecodedRun? {
        let (hasMarks, isEnglish) = marks(in: text, line)
        guard hasMarks else { return nil }
        var run = DecodedRun(encoding: .accents, bytes: [], map: OffsetMap())
        var position = line.lowerBound
        while position < line.upperBound {
            let (scalar, length) = UTF8Scalars.decode(text, at: position)
            let source = position..<position + length
            if let letter = letter(scalar) {
                run.bytes.append(letter)
                run.map.append(viewLength: 1, source: source)
            } else {
                run.bytes += text[source]
                run.map.append(viewLength: length, source: source)
            }
            position += length
        }
        run.isForModel = isEnglish && EnglishText.isLikely(run.bytes)
        return run
    }

    /// Whether there are letters with marks, and whether most of the words that have some are known without them.
    private static func marks(
        in text: UnsafeBufferPointer<UInt8>,
        _ line: Range<Int>
    ) -> (any: Bool, makeEnglish: Bool) {
        var hasMarks = false
        var (marked, known) = (0, 0)
        var position = line.lowerBound
        while position < line.upperBound {
            var word = PackedWord()
            var isMarked = false
            while position < line.upperBound {
                let (scalar, length) = UTF8Scalars.decode(text, at: position)
                position += length
                guard let letter = letter(scalar) else { break }
                word.append(letter | 0x20)
                if scalar >= 0x80 { isMarked = true }
            }
            guard isMarked else { continue }
            hasMarks = true
            guard word.count > 1 else { continue }
            marked += 1
            if EnglishText.isKnown(word) { known += 1 }
        }
        return (hasMarks, known >= minimumWords && known * 5 >= marked * 3)
    }

    /// The letter of ASCII that a scalar is, or is with marks; nil if it is neither.
    private static func letter(_ scalar: UInt32) -> UInt8? {
        if scalar < 0x80 { return ASCIILetters.isLetter(UInt8(scalar)) ? UInt8(scalar) : nil }
        guard scalar < 0x250 || 0x1E00...0x1EFF ~= scalar else { return nil }
        if let stroked = stroked[scalar] { return stroked }
        let base = Normalization.shared.decomposition(of: scalar)[0]
        return base < 0x80 && ASCIILetters.isLetter(UInt8(base)) ? UInt8(base) : nil
    }

    /// Letters with a stroke through them, which have no decomposition.
    private static let stroked: [UInt32: UInt8] = [
        0xD8: 0x4F, 0xF8: 0x6F, 0x110: 0x44, 0x111: 0x64, 0x126: 0x48, 0x127: 0x68, 0x131: 0x69, 0x141: 0x4C,
        0x142: 0x6C,
        0x166: 0x54, 0x167: 0x74, 0x180: 0x62, 0x197: 0x49, 0x268: 0x69, 0x1B6: 0x7A,
    ]
}
