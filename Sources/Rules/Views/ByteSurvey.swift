/// Which kinds of bytes a text holds, found eight bytes at a time, so that what is absent is not looked for.
struct ByteSurvey: Sendable, Equatable {
    private(set) var hasNonASCII = false
    /// Bytes below the space that are not tab, line feed, vertical tab, form feed or carriage return, or 0x7F.
    private(set) var hasControls = false
    private(set) var hasPercent = false
    private(set) var hasAmpersand = false
    private(set) var hasBackslash = false
    private(set) var hasDigit = false
    /// Dots or dashes with single spaces between them, as Morse code has them everywhere.
    private(set) var hasSpacedMarks = false

    init(_ text: [UInt8]) {
        text.withUnsafeBytes { bytes in
            let whole = bytes.count & ~7
            /// Marks, in the highest bit of each byte.
            var (nonASCII, low, percent, ampersand, backslash, digit, spaced) = (
                UInt64(0), UInt64(0), UInt64(0), UInt64(0), UInt64(0), UInt64(0), UInt64(0)
            )
            @inline(__always)
            func survey(_ word: UInt64) {
                nonASCII |= word
                // Exact for ASCII bytes: no sum or difference below leaves its byte, so neighbours do not mix.
                let ascii = word & ~ByteWord.high
                low |= (ByteWord.every(0x9F) &- ascii) & ~word | (ascii &+ ByteWord.every(0x01))
                percent |= ByteWord.zeroes(ascii ^ ByteWord.every(UInt8(ascii: "%")))
                ampersand |= ByteWord.zeroes(ascii ^ ByteWord.every(UInt8(ascii: "&")))
                backslash |= ByteWord.zeroes(ascii ^ ByteWord.every(UInt8(ascii: "\\")))
                digit |= ByteWord.members(ascii, of: 0x30...0x39)
                // A run of Morse is longer than eight bytes: it need not be seen across their borders.
                let marks = ByteWord.members(ascii, of: 0x2D...0x2E)
                spaced |= marks & ByteWord.zeroes(ascii ^ ByteWord.every(0x20)) >> 8 & marks >> 16
            }
            for offset in stride(from: 0, to: whole, by: 8) {
                survey(bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            }
            var rest = ByteWord.every(0x20)
            for offset in whole..<bytes.count { rest = rest << 8 | UInt64(bytes[offset]) }
            survey(rest)
            hasNonASCII = nonASCII & ByteWord.high != 0
            hasPercent = percent & ByteWord.high != 0
            hasAmpersand = ampersand & ByteWord.high != 0
            hasBackslash = backslash & ByteWord.high != 0
            hasDigit = digit & ByteWord.high != 0
            hasSpacedMarks = spaced & ByteWord.high != 0
            // White space and control characters are told apart only where there is either.
            hasControls = low & ByteWord.high != 0 && bytes.contains(where: Self.isControl)
        }
    }

    /// Whether the text is its own canonical form as far as bytes tell.
    var isPlain: Bool { !hasNonASCII && !hasControls }

    private static func isControl(_ byte: UInt8) -> Bool {
        byte < 0x20 && !(0x09...0x0D).contains(byte) || byte == 0x7F
    }
}
