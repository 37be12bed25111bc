/// Finds base64 (RFC 4648, both alphabets, with or without padding and line breaks) anywhere in a text.
enum Base64Runs {
    /// Shorter runs are words.
    static let minimumLength = 16
    /// Decoded bytes that make a text.
    private static let minimumBytes = 10
    /// From this many characters in a row on a line break may lie within a run, as mail folds it.
    private static let foldedLineLength = 40
    private static let alphabet = LetterRuns(minimum: minimumLength, value: value)

    static func find(in text: [UInt8]) -> [DecodedRun] {
        var runs: [DecodedRun] = []
        alphabet.forEach(in: text) { start in
            let (characters, end) = run(in: text, from: start)
            runs += decode(characters, of: text)
            return end
        }
        return runs
    }

    /// The places of the characters of the run that begins at `start`, and where it ends.
    private static func run(in text: [UInt8], from start: Int) -> (characters: [Int], end: Int) {
        var characters: [Int] = []
        var position = start
        var lineStart = start
        while position < text.count {
            if alphabet.value(of: text[position]) != nil {
                characters.append(position)
                position += 1
                continue
            }
            guard position - lineStart >= foldedLineLength else { break }
            var next = position
            if next < text.count, text[next] == 0x0D { next += 1 }
            if next < text.count, text[next] == 0x0A { next += 1 }
            guard next > position, next < text.count, alphabet.value(of: text[next]) != nil else { break }
            position = next
            lineStart = next
        }
        return (characters, position)
    }

    /// Decodes from each of the four places a group may begin at: the run may be glued to other letters.
    private static func decode(_ characters: [Int], of text: [UInt8]) -> [DecodedRun] {
        (0..<4).flatMap { offset in
            let values = characters.dropFirst(offset).lazy.map { alphabet.value(of: text[$0]) ?? 0 }
            let bytes = BitPacking.bytes(values, width: 6)
            return ReadableText.stretches(of: bytes, minimum: minimumBytes, needsWords: true).map { stretch in
                let source = BitPacking.characters(of: stretch, width: 6)
                let (first, last) = (characters[offset + source.lowerBound], characters[offset + source.upperBound - 1])
                return DecodedRun(
                    encoding: .base64,
                    bytes: Array(bytes[stretch]),
                    map: OffsetMap(viewLength: stretch.count, source: first..<(last + 1))
                )
            }
        }
    }

    private static func value(of byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - 0x41
        case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - 0x61 + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - 0x30 + 52
        case UInt8(ascii: "+"), UInt8(ascii: "-"): 62
        case UInt8(ascii: "/"), UInt8(ascii: "_"): 63
        default: nil
        }
    }
}
