/// Runs of the characters that base64 and base32 are written in, too long to be words: where an encoding may be.
enum LetterRuns {
    /// Characters of a run: shorter ones are words. A run of so many holds eight in a row at a multiple of eight.
    static let minimumLength = 16

    /// The runs of letters, digits and `+ / - _`, in order.
    static func find(in text: [UInt8]) -> [Range<Int>] {
        var runs: [Range<Int>] = []
        let values = Base64Runs.values
        text.withUnsafeBytes { bytes in
            var place = 0
            var end = 0
            while place + 8 <= bytes.count {
                guard isMadeOfMembers(bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self)) else {
                    place += 8
                    continue
                }
                var start = place
                while start > end, values[Int(bytes[start - 1])] != Base64Runs.none { start -= 1 }
                end = place
                while end < bytes.count, values[Int(bytes[end])] != Base64Runs.none { end += 1 }
                if end - start >= minimumLength { runs.append(start..<end) }
                place = max(place + 8, (end + 7) & ~7)
            }
        }
        return runs
    }

    /// Whether all of eight bytes may be members; a few signs pass for one.
    @inline(__always)
    private static func isMadeOfMembers(_ bytes: UInt64) -> Bool {
        guard bytes & ByteWord.high == 0 else { return false }
        // From `@` on, or from `+` to `9`.
        return (bytes << 1 | ByteWord.members(bytes, of: 0x2B...0x39)) & ByteWord.high == ByteWord.high
    }
}

/// Reads characters of a few bits each as bytes.
enum BitPacking {
    /// - Parameters:
    ///   - values: one a character.
    ///   - width: bits of a character, at least 4 and less than 8.
    /// - Returns: the whole bytes.
    static func bytes(_ values: ArraySlice<UInt8>, width: Int) -> [UInt8] {
        values.withUnsafeBufferPointer { values in
            Array(unsafeUninitializedCapacity: values.count * width / 8) { bytes, length in
                var bits: UInt32 = 0
                var count = 0
                for value in values {
                    bits = bits &<< UInt32(width) | UInt32(value)
                    count += width
                    guard count >= 8 else { continue }
                    count -= 8
                    bytes[length] = UInt8(truncatingIfNeeded: bits &>> UInt32(count))
                    length += 1
                }
            }
        }
    }

    /// The characters that a range of bytes is made of.
    static func characters(of bytes: Range<Int>, width: Int) -> Range<Int> {
        bytes.lowerBound * 8 / width..<(bytes.upperBound * 8 + width - 1) / width
    }
}
