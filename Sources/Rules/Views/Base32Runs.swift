/// Finds base32 (RFC 4648, either letter case, with or without padding) anywhere in a text.
enum Base32Runs {
    /// Decoded bytes that make a text.
    private static let minimumBytes = 10

    /// By byte: its value, `none` if it has none.
    private static let values: [UInt8] = (0...255).map { value(UInt8($0)) ?? none }
    private static let none: UInt8 = 0xFF

    static func find(in text: [UInt8]) -> [DecodedRun] { find(in: text, among: LetterRuns.find(in: text)) }

    /// - Parameter letterRuns: those of the text; each run of base32 lies in one.
    static func find(in text: [UInt8], among letterRuns: [Range<Int>]) -> [DecodedRun] {
        var runs: [DecodedRun] = []
        let values = values
        for letters in letterRuns {
            var position = letters.lowerBound
            while position < letters.upperBound {
                let start = position
                while position < letters.upperBound, values[Int(text[position])] != none { position += 1 }
                if position - start >= LetterRuns.minimumLength { runs += decode(start..<position, of: text) }
                position += 1
            }
        }
        return runs
    }

    /// Decodes from each of the eight places a group may begin at: the run may be glued to other letters.
    private static func decode(_ run: Range<Int>, of text: [UInt8]) -> [DecodedRun] {
        let values = values
        let runValues = text[run].map { values[Int($0)] }
        return (0..<8).flatMap { offset in
            let bytes = BitPacking.bytes(runValues.dropFirst(offset), width: 5)
            return ReadableText.stretches(of: bytes, minimum: minimumBytes, needsWords: true).map { stretch in
                let source = BitPacking.characters(of: stretch, width: 5)
                let first = run.lowerBound + offset
                return DecodedRun(
                    encoding: .base32,
                    bytes: Array(bytes[stretch]),
                    map: OffsetMap(
                        viewLength: stretch.count,
                        source: first + source.lowerBound..<first + source.upperBound
                    )
                )
            }
        }
    }

    private static func value(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - 0x41
        case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - 0x61
        case UInt8(ascii: "2")...UInt8(ascii: "7"): byte - 0x32 + 26
        default: nil
        }
    }
}
