import Listening
import NIOHTTP1

/// What a proxy in front says about whom it speaks for, in the `X-Forwarded-*` fields of one request.
///
/// Read from proxies that are listed as trusted only: from anybody else these fields are dropped, since a client cannot vouch for
/// itself.
struct ForwardedChain {
    /// The last address in the chain that is no trusted proxy's: what stands before it was written by who has it. Nil where the
    /// chain has none, or where something stands in it that is no address.
    let client: IPAddress?
    /// `X-Forwarded-For` as it came, its fields joined; empty if there was none.
    let addresses: String
    /// `http` or `https`; nil if the proxy did not say, or said something else.
    let scheme: String?
    /// The host that the client asked for.
    let host: String?

    /// Addresses of a chain that are looked at, from its end.
    private static let longest = 32

    init(_ headers: HTTPHeaders, trusted: [IPNetwork]) {
        var entries: [Substring] = []
        for value in headers["x-forwarded-for"] { entries += value.split(separator: ",").map(Self.trimmed) }
        self.addresses = entries.joined(separator: ", ")
        var client: IPAddress?
        for entry in entries.suffix(Self.longest).reversed() {
            guard let address = Self.address(entry) else { break }
            client = address
            if !trusted.contains(where: { $0.contains(address) }) { break }
        }
        self.client = client
        let schemes = headers["x-forwarded-proto"]
        self.scheme = schemes.count == 1 && ["http", "https"].contains(schemes[0]) ? schemes[0] : nil
        let hosts = headers["x-forwarded-host"]
        self.host = hosts.count == 1 && FieldSyntax.isAuthority(hosts[0]) ? hosts[0] : nil
    }

    private static func trimmed(_ entry: Substring) -> Substring {
        func isBlank(_ character: Character) -> Bool { character == " " || character == "\t" }
        var rest = entry.drop(while: isBlank)
        while rest.last.map(isBlank) ?? false { rest.removeLast() }
        return rest
    }

    /// An address, perhaps with a port behind it and, for IPv6, in brackets.
    private static func address(_ text: Substring) -> IPAddress? {
        if text.utf8.first == UInt8(ascii: "[") {
            return IPAddress(String(text.dropFirst().prefix { $0 != "]" }))
        }
        let colons = text.utf8.count { $0 == UInt8(ascii: ":") }
        return IPAddress(String(colons == 1 ? text.prefix { $0 != ":" } : text))
    }
}
