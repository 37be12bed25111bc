/// Bits as bytes, the lowest of each byte first (RFC 1951, 3.1.1).
struct BitWriter {
    private(set) var bytes: [UInt8] = []
    private var held: UInt64 = 0
    private var count = 0

    /// - Parameters:
    ///   - value: less than two to the power of `width`.
    ///   - width: at most 32.
    mutating func append(_ value: Int, _ width: Int) {
        self.held |= UInt64(truncatingIfNeeded: value) << UInt64(self.count)
        self.count += width
        while self.count >= 8 {
            self.bytes.append(UInt8(truncatingIfNeeded: self.held))
            self.held >>= 8
            self.count -= 8
        }
    }

    /// Fills the byte that was begun with zeros.
    mutating func alignToByte() {
        if self.count > 0 { self.append(0, 8 - self.count) }
    }

    /// Whole bytes behind whole bytes.
    mutating func append(whole bytes: [UInt8]) {
        self.alignToByte()
        self.bytes += bytes
    }

    /// Hands over the bytes that are whole.
    mutating func take() -> [UInt8] {
        defer { self.bytes = [] }
        return self.bytes
    }
}
