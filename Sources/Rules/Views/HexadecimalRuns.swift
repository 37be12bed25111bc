/// Finds text written as hexadecimal bytes: `48656c6c6f`, `48 65 6c`, `48:65:6c`, `\x48\x65`, `0x48, 0x65`.
enum HexadecimalRuns {
    /// Digits a run must have.
    static let minimumDigits = 16

    static func find(in text: [UInt8]) -> [DecodedRun] {
        var runs: [DecodedRun] = []
        var position = 0
        while let found = text[position...].firstIndex(where: isDecimal) {
            let (digits, end) = run(in: text, from: start(of: found, in: text, after: position))
            position = end
            if digits.count >= minimumDigits { runs += decode(digits, of: text) }
        }
        return runs
    }

    /// Where the run of a decimal digit begins: every byte of ASCII text has one, and words have none, so only there
    /// a run is looked for.
    private static func start(of found: Int, in text: [UInt8], after end: Int) -> Int {
        var start = found
        while start > end {
            if digit(text[start - 1]) != nil {
                start -= 1
            } else if start - 2 > end, isSeparator(text[start - 1]), digit(text[start - 2]) != nil,
                digit(text[start - 3]) != nil
            {
                start -= 2
            } else {
                break
            }
        }
        return start
    }

    private static func isDecimal(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    /// The places of the digits of the run that begins at `start`, and where it ends.
    private static func run(in text: [UInt8], from start: Int) -> (digits: [Int], end: Int) {
        var digits: [Int] = []
        var position = start
        while true {
            if let next = prefixEnd(text, position) { position = next }
            guard position < text.count, digit(text[position]) != nil else { break }
            digits.append(position)
            position += 1
            // One separator, and a space after a comma.
            var next = position
            if next < text.count, isSeparator(text[next]) { next += 1 }
            if next < text.count, next > position, text[next] == 0x20, text[position] != 0x20 { next += 1 }
            if prefixEnd(text, next) != nil || next < text.count && digit(text[next]) != nil { position = next }
        }
        return (digits, max(position, start + 1))
    }

    /// Past `0x` or `\x`, where one stands.
    private static func prefixEnd(_ text: [UInt8], _ position: Int) -> Int? {
        guard position + 2 < text.count, text[position + 1] | 0x20 == UInt8(ascii: "x"),
            text[position] == UInt8(ascii: "0") || text[position] == UInt8(ascii: "\\"),
            digit(text[position + 2]) != nil
        else { return nil }
        return position + 2
    }

    /// Decodes from both places a byte may begin at.
    private static func decode(_ digits: [Int], of text: [UInt8]) -> [DecodedRun] {
        var runs: [DecodedRun] = []
        for offset in 0..<2 {
            let values = digits.dropFirst(offset).map { digit(text[$0]) ?? 0 }
            let bytes = stride(from: 0, to: values.count - 1, by: 2).map { values[$0] << 4 | values[$0 + 1] }
            for stretch in ReadableText.stretches(of: bytes, minimum: minimumDigits / 2, needsWords: true) {
                let first = digits[offset + stretch.lowerBound * 2]
                let last = digits[offset + stretch.upperBound * 2 - 1]
                runs.append(
                    DecodedRun(
                        encoding: .hexadecimal,
                        bytes: Array(bytes[stretch]),
                        map: OffsetMap(viewLength: stretch.count, source: first..<(last + 1))
                    )
                )
            }
        }
        return runs
    }

    private static func isSeparator(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == UInt8(ascii: ":") || byte == UInt8(ascii: ",") || byte == UInt8(ascii: "-")
    }

    static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - 0x30
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - 0x61 + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - 0x41 + 10
        default: nil
        }
    }
}
