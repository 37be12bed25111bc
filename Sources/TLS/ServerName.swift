#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The name a client asks for: a host name, which goes into SNI, or an IP address, which does not (RFC 6066, section 3).
enum ServerName: Hashable, Sendable {
    case host(String)
    case address(String)

    /// Reads a host name, or an IPv4 or IPv6 address, the latter with or without brackets.
    init(_ text: String) throws(TLSError) {
        var name = text[...]
        if name.hasPrefix("["), name.hasSuffix("]") { name = name.dropFirst().dropLast() }
        // "example.org." is the same host; certificates and SNI carry the name without the final dot.
        if name.hasSuffix(".") { name = name.dropLast() }
        let bare = String(name)
        if Self.isAddress(bare) {
            self = .address(bare)
        } else if Self.isHost(bare) {
            self = .host(bare)
        } else {
            throw .invalidServerName(text)
        }
    }

    static func isAddress(_ text: String) -> Bool {
        // A NUL would end the text early for the C function.
        guard !text.utf8.contains(0) else { return false }
        var space = in6_addr()
        return inet_pton(AF_INET, text, &space) == 1 || inet_pton(AF_INET6, text, &space) == 1
    }

    /// Letters, digits, hyphens and underscores in labels of 1 to 63 bytes, 253 bytes in all (RFC 1035, section 2.3.4).
    static func isHost(_ text: String) -> Bool {
        guard (1...253).contains(text.utf8.count) else { return false }
        let labels = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return labels.allSatisfy { label in
            (1...63).contains(label.count) && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
                && label.allSatisfy(Self.isHostByte)
        }
    }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default:
            false
        }
    }
}
