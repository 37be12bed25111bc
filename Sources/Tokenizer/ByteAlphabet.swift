/// The alphabet in which byte-level vocabularies are written: each byte has one printable character.
///
/// Printable Latin-1 bytes stand for themselves; the other 68 are, in order, the characters from U+0100 (GPT-2's
/// convention).
enum ByteAlphabet {
    /// The byte of each character, by scalar value from 0 to 0x143; -1 where there is none.
    static let bytes: [Int16] = {
        var bytes = [Int16](repeating: -1, count: 0x144)
        var next = 0x100
        for byte in 0..<256 {
            if isPrintable(byte) {
                bytes[byte] = Int16(byte)
            } else {
                bytes[next] = Int16(byte)
                next += 1
            }
        }
        return bytes
    }()

    /// The bytes that a token's text stands for; nil if it has a character of another alphabet.
    static func decode(_ token: String) -> [UInt8]? {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(token.utf8.count)
        for scalar in token.unicodeScalars {
            guard scalar.value < 0x144, bytes[Int(scalar.value)] >= 0 else { return nil }
            decoded.append(UInt8(bytes[Int(scalar.value)]))
        }
        return decoded
    }

    private static func isPrintable(_ byte: Int) -> Bool {
        (0x21...0x7e).contains(byte) || (0xa1...0xac).contains(byte) || (0xae...0xff).contains(byte)
    }
}
