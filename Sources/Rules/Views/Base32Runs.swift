/// Finds base32 (RFC 4648, either letter case, with or without padding) anywhere in a text.
enum Base32Runs {
    /// Shorter runs are words.
    static let minimumLength = 16
    /// Decoded bytes that make a text.
    private static let minimumBytes = 10
    private static let alphabet = LetterRuns(minimum: minimumLength, value: value)

    static func find(in text: [UInt8]) -> [DecodedRun] {
        var runs: [DecodedRun] = []
        alphabet.forEach(in: text) { start in
            let end = text[start...].firstIndex { alphabet.value(of: $0) == nil } ?? text.count
            runs += decode(start..<end, of: text)
            return end
        }
        return runs
    }

    /// Decodes from each of the eight places a group may begin at: the run may be glued to other letters.
    private static func decode(_ run: Range<Int>, of text: [UInt8]) -> [DecodedRun] {
        (0..<8).flatMap { offset in
            let values = text[run].dropFirst(offset).lazy.map { alphabet.value(of: $0) ?? 0 }
            let bytes = BitPacking.bytes(values, width: 5)
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

    private static func value(of byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - 0x41
        case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - 0x61
        case UInt8(ascii: "2")...UInt8(ascii: "7"): byte - 0x32 + 26
        default: nil
        }
    }
}
