/// Reads a text that is JSON as whoever decodes it does: the escapes of its strings (RFC 8259, section 7) undone.
///
/// What a tool is called with, and often what it gives, is JSON within a string of JSON. The text need not be whole: one
/// that was cut is read as far as it goes.
package enum JSONEscapes {
    /// - Parameter lines: in order, those of which the model reads the `\u` escapes undone anyway.
    /// - Returns: the whole text decoded; none if it is no JSON, or has no escapes. The model is to read it only where
    ///   letters or digits are escaped, which no encoder does but for those that are not ASCII, and not in those lines alone.
    static func find(in text: [UInt8], besides lines: [Range<Int>] = []) -> [DecodedRun] {
        guard let first = text.first(where: { !isSpace($0) }), "{[\"".utf8.contains(first) else { return [] }
        var run = DecodedRun(encoding: .json, bytes: [], map: OffsetMap(), isForModel: false)
        var hasEscape = false
        var lines = lines[...]
        var position = 0
        while position < text.count {
            if text[position] == UInt8(ascii: "\\"), let (value, end) = escape(text, position) {
                let encoded = UTF8.encode(value) ?? UTF8.encodedReplacementCharacter
                hasEscape = true
                while let line = lines.first, line.upperBound <= position { lines.removeFirst() }
                let isRead = lines.first.map { $0.contains(position) } == true
                if !isRead, ScalarClass.isWord(value.value) { run.isForModel = true }
                run.bytes += encoded
                run.map.append(viewLength: encoded.count, source: position..<end)
                position = end
            } else {
                run.bytes.append(text[position])
                run.map.append(viewLength: 1, source: position..<position + 1)
                position += 1
            }
        }
        return hasEscape ? [run] : []
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }

    /// - Returns: what an escape stands for, and where it ends; nil if there is none at `start`.
    static func escape(_ text: [UInt8], _ start: Int) -> (value: Unicode.Scalar, end: Int)? {
        guard start + 1 < text.count else { return nil }
        let end = start + 2
        switch text[start + 1] {
        case UInt8(ascii: "\""): return ("\"", end)
        case UInt8(ascii: "\\"): return ("\\", end)
        case UInt8(ascii: "/"): return ("/", end)
        case UInt8(ascii: "b"): return ("\u{08}", end)
        case UInt8(ascii: "f"): return ("\u{0C}", end)
        case UInt8(ascii: "n"): return ("\n", end)
        case UInt8(ascii: "r"): return ("\r", end)
        case UInt8(ascii: "t"): return ("\t", end)
        case UInt8(ascii: "u"):
            guard let unit = codeUnit(text, at: start) else { return nil }
            if let scalar = Unicode.Scalar(unit) { return (scalar, start + 6) }
            // Half a pair stands for nothing; decoders that let it pass put the sign for that in its place.
            guard unit < 0xDC00, start + 7 < text.count, text[start + 6] == UInt8(ascii: "\\"),
                text[start + 7] == UInt8(ascii: "u"), let low = codeUnit(text, at: start + 6),
                (0xDC00...0xDFFF).contains(low),
                let scalar = Unicode.Scalar(0x10000 + (UInt32(unit) - 0xD800) << 10 + (UInt32(low) - 0xDC00))
            else { return ("\u{FFFD}", start + 6) }
            return (scalar, start + 12)
        default: return nil
        }
    }

    /// The four digits of the `\u` at `start`.
    private static func codeUnit(_ text: [UInt8], at start: Int) -> UInt16? {
        guard start + 6 <= text.count else { return nil }
        var unit: UInt16 = 0
        for byte in text[start + 2..<start + 6] {
            guard let digit = HexadecimalRuns.digit(byte) else { return nil }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }

    /// A text as the inside of a JSON string (RFC 8259, section 7).
    package static func escaped(_ text: String) -> [UInt8] {
        var result: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): result += [UInt8(ascii: "\\"), byte]
            case 0..<0x20:
                let digits = Array("0123456789abcdef".utf8)
                result += Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            default: result.append(byte)
            }
        }
        return result
    }
}
