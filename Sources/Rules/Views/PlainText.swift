/// Text of ASCII without control characters but white space: its own canonical form, as far as its words are only that.
enum PlainText {
    /// The stretches of a text that are not plain, each with the words they are part of and the sign or white space in front of
    /// these: what stands outside neither changes nor changes them. In order, not touching.
    static func othersIn(_ text: [UInt8]) -> [Range<Int>] {
        var stretches: [Range<Int>] = []
        text.withUnsafeBytes { bytes in
            var position = 0
            while let found = firstOther(in: bytes, from: position) {
                var start = found
                while start > position, isWord(bytes[start - 1]) { start -= 1 }
                if start > position { start -= 1 }
                position = found
                while position < bytes.count, isWord(bytes[position]) || isOther(bytes[position]) { position += 1 }
                if let last = stretches.last, last.upperBound == start {
                    stretches[stretches.count - 1] = last.lowerBound..<position
                } else {
                    stretches.append(start..<position)
                }
            }
        }
        return stretches
    }

    /// The first byte that is not plain.
    private static func firstOther(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        var position = start
        while position + 8 <= bytes.count {
            let word = bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self)
            // Above ASCII, or below the space: exact for the first of them, which is all that is asked for.
            let marks = (word | (word &- ByteWord.every(0x20))) & ByteWord.high
            if marks == 0, !hasDelete(word) {
                position += 8
                continue
            }
            for place in position..<position + 8 where isOther(bytes[place]) { return place }
            position += 8
        }
        while position < bytes.count {
            if isOther(bytes[position]) { return position }
            position += 1
        }
        return nil
    }

    @inline(__always)
    private static func hasDelete(_ ascii: UInt64) -> Bool {
        ByteWord.zeroes(ascii ^ ByteWord.every(0x7F)) & ByteWord.high != 0
    }

    @inline(__always)
    static func isOther(_ byte: UInt8) -> Bool {
        byte >= 0x7F || byte < 0x20 && !(0x09...0x0D).contains(byte)
    }

    @inline(__always)
    private static func isWord(_ byte: UInt8) -> Bool {
        ASCIILetters.isLetter(byte) || (0x30...0x39).contains(byte) || byte == UInt8(ascii: "_")
    }
}
