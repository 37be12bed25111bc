/// Reads scalars out of UTF-8 without ever reading beyond the buffer.
enum UTF8Scalars {
    /// The scalar that begins at `position`, which must be in the buffer, and its length in bytes. A byte that begins no
    /// scalar is U+FFFD of length 1.
    static func decode(_ bytes: UnsafeBufferPointer<UInt8>, at position: Int) -> (value: UInt32, length: Int) {
        let lead = bytes[position]
        let length: Int
        var value: UInt32
        switch lead {
        case 0x00...0x7F: return (UInt32(lead), 1)
        case 0xC2...0xDF: (length, value) = (2, UInt32(lead & 0x1F))
        case 0xE0...0xEF: (length, value) = (3, UInt32(lead & 0x0F))
        case 0xF0...0xF4: (length, value) = (4, UInt32(lead & 0x07))
        default: return (0xFFFD, 1)
        }
        guard position + length <= bytes.count else { return (0xFFFD, 1) }
        for offset in 1..<length {
            let byte = bytes[position + offset]
            guard byte & 0xC0 == 0x80 else { return (0xFFFD, 1) }
            value = value << 6 | UInt32(byte & 0x3F)
        }
        return (value, length)
    }

    /// Writes a scalar, U+FFFD for what is none.
    ///
    /// - Returns: the bytes written.
    @inline(__always)
    static func append(_ scalar: UInt32, to bytes: inout [UInt8]) -> Int {
        if scalar < 0x80 {
            bytes.append(UInt8(scalar))
            return 1
        }
        let encoded = Unicode.Scalar(scalar).flatMap { UTF8.encode($0) } ?? UTF8.encodedReplacementCharacter
        bytes.append(contentsOf: encoded)
        return encoded.count
    }

    /// Where the scalar that ends before `position` begins; 0 at the start.
    static func start(before position: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Int {
        var start = position - 1
        while start > 0, position - start < 4, UTF8.isContinuation(bytes[start]) { start -= 1 }
        return max(start, 0)
    }
}
