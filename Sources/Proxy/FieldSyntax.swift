/// What names, values and authorities may be made of (RFC 9110, 5.1, 5.5 and 7.2).
enum FieldSyntax {
    static func isName(_ name: String) -> Bool {
        guard !name.isEmpty else { return false }
        let answer = name.utf8.withContiguousStorageIfAvailable { bytes in
            for byte in bytes where !Self.isTokenByte(byte) { return false }
            return true
        }
        return answer ?? name.utf8.allSatisfy(Self.isTokenByte)
    }

    /// No controls but the tab. Bytes that were not UTF-8 have been replaced by U+FFFD on reading, so what would be
    /// forwarded is not what was sent: such values are refused too.
    static func isValue(_ value: String) -> Bool {
        var all: UInt8 = 0
        for byte in value.utf8 {
            if (byte < 0x20 && byte != 0x09) || byte == 0x7f { return false }
            all |= byte
        }
        return all < 0x80 || !value.unicodeScalars.contains("\u{FFFD}")
    }

    /// A host name or address with an optional port; no user information.
    static func isAuthority(_ text: String) -> Bool {
        var rest = Substring(text).utf8
        if rest.first == UInt8(ascii: "[") {
            guard let end = rest.firstIndex(of: UInt8(ascii: "]")) else { return false }
            let address = rest[rest.index(after: rest.startIndex)..<end]
            guard !address.isEmpty, address.allSatisfy({ Self.isHex($0) || $0 == 0x3a || $0 == 0x2e }) else {
                return false
            }
            rest = rest[rest.index(after: end)...]
        } else {
            let end = rest.firstIndex(of: UInt8(ascii: ":")) ?? rest.endIndex
            let name = rest[..<end]
            guard !name.isEmpty, name.allSatisfy(Self.isHostByte) else { return false }
            rest = rest[end...]
        }
        guard let colon = rest.first else { return true }
        let port = rest.dropFirst()
        return colon == UInt8(ascii: ":") && (1...5).contains(port.count)
            && port.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
    }

    /// Which bytes below 128 a token is made of (RFC 9110, 5.6.2), a bit each.
    private static let tokens: (low: UInt64, high: UInt64) = {
        var bits: (low: UInt64, high: UInt64) = (0, 0)
        let letters = "abcdefghijklmnopqrstuvwxyz"
        for byte in (letters + letters.uppercased() + "0123456789!#$%&'*+-.^_`|~").utf8 {
            if byte < 64 { bits.low |= 1 << UInt64(byte) } else { bits.high |= 1 << UInt64(byte - 64) }
        }
        return bits
    }()

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        let bits = byte < 64 ? Self.tokens.low : byte < 128 ? Self.tokens.high : 0
        return bits >> UInt64(byte & 63) & 1 == 1
    }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"): return true
        default: return false
        }
    }

    private static func isHex(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x46, 0x61...0x66: return true
        default: return false
        }
    }
}
