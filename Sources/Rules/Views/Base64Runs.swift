/// Finds base64 (RFC 4648, both alphabets, with or without padding and line breaks) anywhere in a text.
enum Base64Runs {
    /// Shorter runs are words.
    static let minimumLength = 16
    /// Decoded bytes that make a text.
    private static let minimumBytes = 10
    /// From this many characters in a row on a line break may lie within a run, as mail folds it.
    private static let foldedLineLength = 40

    static func find(in text: [UInt8]) -> [DecodedRun] {
        var runs: [DecodedRun] = []
        var position = 0
        while position < text.count {
            guard value(of: text[position]) != nil else {
                position += 1
                continue
            }
            let (characters, end) = run(in: text, from: position)
            position = end
            if characters.count >= minimumLength { runs += decode(characters, of: text) }
        }
        return runs
    }

    /// The places of the characters of the run that begins at `start`, and where it ends.
    private static func run(in text: [UInt8], from start: Int) -> (characters: [Int], end: Int) {
        var characters: [Int] = []
        var position = start
        var lineStart = start
        while position < text.count {
            if value(of: text[position]) != nil {
                characters.append(position)
                position += 1
                continue
            }
            guard position - lineStart >= foldedLineLength else { break }
            var next = position
            if next < text.count, text[next] == 0x0D { next += 1 }
            if next < text.count, text[next] == 0x0A { next += 1 }
            guard next > position, next < text.count, value(of: text[next]) != nil else { break }
            position = next
            lineStart = next
        }
        return (characters, position)
    }

    /// Decodes from each of the four places a group may begin at: the run may be glued to other letters.
    private static func decode(_ characters: [Int], of text: [UInt8]) -> [DecodedRun] {
        var runs: [DecodedRun] = []
        for offset in 0..<4 {
            let sextets = characters.dropFirst(offset).map { value(of: text[$0]) ?? 0 }
            var bytes: [UInt8] = []
            bytes.reserveCapacity(sextets.count * 3 / 4)
            var bits: UInt32 = 0
            for (index, sextet) in sextets.enumerated() {
                bits = bits << 6 | UInt32(sextet)
                // The second to fourth character of a group each complete a byte.
                if index % 4 != 0 { bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(6 - 2 * (index % 4)))) }
            }
            for stretch in ReadableText.stretches(of: bytes, minimum: minimumBytes, needsWords: true) {
                let first = characters[offset + stretch.lowerBound / 3 * 4 + stretch.lowerBound % 3]
                let last = characters[offset + (stretch.upperBound - 1) / 3 * 4 + (stretch.upperBound - 1) % 3 + 1]
                runs.append(
                    DecodedRun(
                        encoding: .base64,
                        bytes: Array(bytes[stretch]),
                        map: OffsetMap(viewLength: stretch.count, source: first..<(last + 1))
                    )
                )
            }
        }
        return runs
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
