/// Eight bytes in a word, each looked at on its own.
enum ByteWord {
    static let high: UInt64 = 0x8080_8080_8080_8080

    /// A word of one byte.
    @inline(__always)
    static func every(_ byte: UInt8) -> UInt64 { 0x0101_0101_0101_0101 &* UInt64(byte) }

    /// Marks, in its highest bit, each byte that is 0; the bytes must be below 0x80.
    @inline(__always)
    static func zeroes(_ word: UInt64) -> UInt64 { every(0x80) &- word }

    /// Marks each byte of `range`; the bytes and the bounds must be below 0x80.
    @inline(__always)
    static func members(_ word: UInt64, of range: ClosedRange<UInt8>) -> UInt64 {
        (word &+ every(0x80 - range.lowerBound)) & ~(word &+ every(0x7F - range.upperBound))
    }
}
