/// Finds percent-encoded text (RFC 3986) and decodes the whole word around it, `+` read as a space.
enum PercentRuns {
    /// Escapes a word must have: a stray `100%25` is no hidden text.
    static let minimumEscapes = 3

    static func find(in text: [UInt8]) -> [DecodedRun] {
        var runs: [DecodedRun] = []
        var position = 0
        while position < text.count {
            let start = position
            var escapes = 0
            while position < text.count, text[position] > 0x20 {
                if escape(text, at: position) != nil { escapes += 1 }
                position += 1
            }
            if escapes >= minimumEscapes { runs.append(decode(text, start..<position)) }
            position += 1
        }
        return runs
    }

    private static func decode(_ text: [UInt8], _ word: Range<Int>) -> DecodedRun {
        var bytes: [UInt8] = []
        var sources: [Range<Int>] = []
        var position = word.lowerBound
        while position < word.upperBound {
            let value = escape(text, at: position)
            let end = position + (value == nil ? 1 : 3)
            bytes.append(value ?? (text[position] == UInt8(ascii: "+") ? 0x20 : text[position]))
            sources.append(position..<end)
            position = end
        }
        // Scalar by scalar, so that what is not UTF-8 becomes U+FFFD and offsets stay right.
        var run = DecodedRun(encoding: .percent, bytes: [], map: OffsetMap())
        bytes.withUnsafeBufferPointer { buffer in
            var index = 0
            while index < buffer.count {
                let (value, length) = UTF8Scalars.decode(buffer, at: index)
                let scalar = Unicode.Scalar(value) ?? "\u{FFFD}"
                let encoded = UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter
                run.bytes += encoded
                let source = sources[index].lowerBound..<sources[index + length - 1].upperBound
                run.map.append(viewLength: encoded.count, source: source)
                index += length
            }
        }
        return run
    }

    private static func escape(_ text: [UInt8], at position: Int) -> UInt8? {
        guard text[position] == UInt8(ascii: "%"), position + 2 < text.count,
            let high = HexadecimalRuns.digit(text[position + 1]), let low = HexadecimalRuns.digit(text[position + 2])
        else { return nil }
        return high << 4 | low
    }
}
