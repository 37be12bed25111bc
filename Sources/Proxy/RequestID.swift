/// Makes the names of exchanges: 128 random bits in hexadecimal.
enum RequestID {
    static func make() -> String {
        Self.hex(UInt64.random(in: .min ... .max)) + Self.hex(UInt64.random(in: .min ... .max))
    }

    private static func hex(_ bits: UInt64) -> String {
        let digits = String(bits, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
