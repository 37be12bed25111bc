/// CRC-32 of a text that comes in pieces (RFC 1952, 8).
struct Checksum {
    private var state = ~UInt32(0)

    var value: UInt32 { ~self.state }

    mutating func add(_ bytes: some Collection<UInt8>) {
        var state = self.state
        Self.table.withUnsafeBufferPointer { table in
            for byte in bytes { state = state >> 8 ^ table[Int((state ^ UInt32(byte)) & 0xff)] }
        }
        self.state = state
    }

    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0xedb8_8320 : value >> 1 }
    }
}
