/// Bits of bytes, the lowest of each byte first, as DEFLATE packs them (RFC 1951, 3.1.1).
struct BitReader {
    private let bytes: ArraySlice<UInt8>
    private var index: Int
    private var held: UInt64 = 0
    private var count = 0

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        self.index = bytes.startIndex
    }

    /// Bytes of which any bit was used.
    var consumed: Int { self.index - self.bytes.startIndex - self.count / 8 }

    /// Looks at the next bits without taking them; behind the end there are zeros.
    ///
    /// - Parameter wanted: at most 16.
    mutating func peek(_ wanted: Int) -> Int {
        while self.count < wanted, self.index < self.bytes.endIndex {
            self.held |= UInt64(self.bytes[self.index]) << UInt64(self.count)
            self.index += 1
            self.count += 8
        }
        return Int(self.held & (1 << UInt64(wanted) - 1))
    }

    /// Takes bits that were looked at.
    mutating func skip(_ wanted: Int) throws(Inflate.Failure) {
        guard wanted <= self.count else { throw .malformed }
        self.held >>= UInt64(wanted)
        self.count -= wanted
    }

    /// - Parameter wanted: at most 16.
    mutating func bits(_ wanted: Int) throws(Inflate.Failure) -> Int {
        let value = self.peek(wanted)
        try self.skip(wanted)
        return value
    }

    /// Drops what is left of the byte that was begun.
    mutating func alignToByte() {
        self.held >>= UInt64(self.count % 8)
        self.count -= self.count % 8
    }
}
