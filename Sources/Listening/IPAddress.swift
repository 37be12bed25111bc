#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// An IPv4 or IPv6 address.
///
/// An IPv4 address in the clothes of IPv6 (`::ffff:a.b.c.d`), as sockets for both families show it, is the IPv4 address.
package struct IPAddress: Sendable, Hashable {
    package enum Family: Sendable, Hashable {
        case v4, v6

        /// Bits of an address.
        package var width: Int { self == .v4 ? 32 : 128 }
    }

    package let family: Family
    /// The address as a number, the first byte the most significant.
    package let value: UInt128

    /// - Parameter bytes: 4 or 16, in network order; nil for any other number.
    package init?(bytes: some Collection<UInt8>) {
        let value = bytes.reduce(UInt128(0)) { $0 << 8 | UInt128($1) }
        switch bytes.count {
        case 4:
            (self.family, self.value) = (.v4, value)
        case 16 where value >> 32 == 0xffff:
            (self.family, self.value) = (.v4, value & 0xffff_ffff)
        case 16:
            (self.family, self.value) = (.v6, value)
        default:
            return nil
        }
    }

    /// Reads the usual notation: four decimal numbers without leading zeros, or RFC 4291, 2.2 without a zone.
    package init?(_ text: String) {
        let isV6 = text.utf8.contains(UInt8(ascii: ":"))
        var bytes = [UInt8](repeating: 0, count: isV6 ? 16 : 4)
        // The C function would stop reading at a NUL and take what stands before it.
        guard !text.utf8.contains(0) else { return nil }
        guard inet_pton(isV6 ? AF_INET6 : AF_INET, text, &bytes) == 1 else { return nil }
        self.init(bytes: bytes)
    }
}

extension IPAddress: CustomStringConvertible {
    package var description: String {
        let count = self.family.width / 8
        var bytes = (0..<count).reversed().map { UInt8(truncatingIfNeeded: self.value >> UInt128(8 * $0)) }
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        inet_ntop(self.family == .v4 ? AF_INET : AF_INET6, &bytes, &text, socklen_t(text.count))
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
