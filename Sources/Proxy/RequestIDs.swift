import TLS

/// Makes the names of exchanges: 128 random bits in hexadecimal.
///
/// The bits of many names are made at a time: a system call or two for every request would cost more than all of the name.
struct RequestIDs {
    private static let supply = 1024
    private static let digits = Array("0123456789abcdef".utf8)

    private var bytes: [UInt8] = []

    mutating func next() -> String {
        if self.bytes.count < 16 {
            // A generator without a seed does not keep exchanges from being served: the system has another.
            self.bytes = RandomBytes.make(Self.supply) ?? (0..<Self.supply).map { _ in .random(in: .min ... .max) }
        }
        let name = String(unsafeUninitializedCapacity: 32) { text in
            for (index, byte) in self.bytes.suffix(16).enumerated() {
                text[2 * index] = Self.digits[Int(byte >> 4)]
                text[2 * index + 1] = Self.digits[Int(byte & 15)]
            }
            return 32
        }
        self.bytes.removeLast(16)
        return name
    }
}
