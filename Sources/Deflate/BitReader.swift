/// Bits of bytes, the lowest of each byte first, as DEFLATE packs them (RFC 1951, 3.1.1).
struct BitReader {
    /// A place to go back to.
    struct Mark {
        fileprivate var index: Int
        fileprivate var held: UInt64
        fileprivate var count: Int
    }

    private var bytes: ArraySlice<UInt8>
    private var index: Int
    private var held: UInt64 = 0
    private var count = 0
    /// Bytes that were used up and are not kept any more.
    private var dropped = 0

    init(_ bytes: ArraySlice<UInt8> = []) {
        self.bytes = bytes
        self.index = bytes.startIndex
    }

    /// Bytes of which any bit was used.
    var consumed: Int { self.dropped + self.index - self.bytes.startIndex - self.count / 8 }

    /// Bytes that are there and of which no bit was used.
    var remaining: Int { self.bytes.endIndex - self.index + self.count / 8 }

    /// Puts more bytes behind those that are there. Marks from before hold no longer.
    mutating func append(_ more: [UInt8]) {
        self.dropped += self.index - self.bytes.startIndex
        self.bytes = self.index == self.bytes.endIndex ? more[...] : self.bytes[self.index...] + more
        self.index = self.bytes.startIndex
    }

    var mark: Mark { Mark(index: self.index, held: self.held, count: self.count) }

    mutating func goBack(to mark: Mark) { (self.index, self.held, self.count) = (mark.index, mark.held, mark.count) }

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
        guard wanted <= self.count else { throw .endsEarly }
        self.held >>= UInt64(wanted)
        self.count -= wanted
    }

    /// - Parameter wanted: at most 16.
    mutating func bits(_ wanted: Int) throws(Inflate.Failure) -> Int {
        let value = self.peek(wanted)
        try self.skip(wanted)
        return value
    }

    /// A number of four bytes, the lowest first.
    mutating func word() throws(Inflate.Failure) -> UInt32 {
        let low = try self.bits(16)
        return UInt32(low) | UInt32(try self.bits(16)) << 16
    }

    /// Drops what is left of the byte that was begun.
    mutating func alignToByte() {
        self.held >>= UInt64(self.count % 8)
        self.count -= self.count % 8
    }
}
