/// Tokens whose last six characters are the CRC-32 (ISO 3309) of those between the prefix's underscore and them, to the base 62
/// with digits, upper-case and lower-case letters. GitHub's are made so.
enum TokenCRC {
    /// - Parameter text: the token with its prefix.
    static func isValid(_ text: some BidirectionalCollection<UInt8>) -> Bool {
        guard let underscore = text.lastIndex(of: UInt8(ascii: "_")) else { return false }
        let secret = Array(text[text.index(after: underscore)...])
        guard secret.count > 6 else { return false }
        var expected: UInt64 = 0
        for byte in secret.suffix(6) {
            guard let digit = alphabet.firstIndex(of: byte) else { return false }
            expected = expected * 62 + UInt64(digit)
        }
        return expected == UInt64(checksum(secret.dropLast(6)))
    }

    private static let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        ~bytes.reduce(0xFFFF_FFFF) { crc, byte in
            (0..<8).reduce(crc ^ UInt32(byte)) { crc, _ in crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
        }
    }
}
