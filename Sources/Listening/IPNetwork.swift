/// A range of addresses that share their first bits, written `10.0.0.0/8`, or one address.
package struct IPNetwork: Sendable, Hashable {
    package let address: IPAddress
    /// How many of the first bits are shared.
    package let prefix: Int

    /// Reads an address, or an address, a slash and the number of bits. The bits behind them must be zero: what else was
    /// written was meant otherwise.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let address = IPAddress(String(parts[0])) else { return nil }
        let width = address.family.width
        var prefix = width
        if parts.count == 2 {
            guard (1...3).contains(parts[1].utf8.count), parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let number = Int(parts[1]), number <= width
            else { return nil }
            prefix = number
        }
        guard address.value & Self.rest(width - prefix) == 0 else { return nil }
        self.address = address
        self.prefix = prefix
    }

    package func contains(_ other: IPAddress) -> Bool {
        other.family == self.address.family
            && other.value & ~Self.rest(self.address.family.width - self.prefix) == self.address.value
    }

    /// That many ones, from the last bit on.
    private static func rest(_ bits: Int) -> UInt128 {
        bits == 128 ? .max : (1 << UInt128(bits)) - 1
    }
}
