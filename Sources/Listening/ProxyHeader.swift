/// What a proxy in front says, in the first bytes of a connection, about the client it speaks for: the PROXY protocol, version
/// 1 (a line of text) and 2 (binary), as haproxy's `proxy-protocol.txt` of 2020/03/05 has it.
package enum ProxyHeader: Sendable, Hashable {
    /// The connection is the peer's own, a health check for instance, or its client has no address that could be told.
    case local
    /// The connection is passed on for a client.
    case client(Endpoint)

    /// An address and a port of TCP.
    package struct Endpoint: Sendable, Hashable {
        package var address: IPAddress
        package var port: UInt16

        package init(address: IPAddress, port: UInt16) {
            self.address = address
            self.port = port
        }
    }

    /// The longest header that is read: version 2 allows 64 KiB behind its first 16 bytes, of which no proxy needs more than
    /// this for addresses and what it adds to them. A peer may make us hold this much before a connection is anybody's.
    package static let longest = 16 + 4096
    /// The longest line of version 1, with its CR LF.
    static let longestLine = 107

    /// Reads the header at the start of a connection.
    ///
    /// - Parameter bytes: all that came so far. May be called again with more.
    /// - Returns: the header and how many bytes it takes; nil while more are needed. Never nil once `longest` bytes are there.
    package static func read(
        _ bytes: UnsafeRawBufferPointer
    ) throws(ProxyHeaderError) -> (header: ProxyHeader, length: Int)? {
        guard let first = bytes.first else { return nil }
        return first == ProxyHeaderBinary.signature[0]
            ? try ProxyHeaderBinary.read(bytes) : try ProxyHeaderLine.read(bytes)
    }
}

/// Why the first bytes of a connection are no PROXY header. The connection cannot be used: where its own bytes begin is not
/// known.
package enum ProxyHeaderError: Error, Hashable, Sendable {
    /// The peer began with something else, as a client does that came past the proxy.
    case absent
    /// It began like one and goes on as none can.
    case malformed(String)
    /// It does not end where it must.
    case tooLong
}

extension ProxyHeaderError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .absent: "the connection did not begin with a PROXY header"
        case .malformed(let what): "the PROXY header is malformed: \(what)"
        case .tooLong: "the PROXY header is longer than \(ProxyHeader.longest) bytes, or its line than 107"
        }
    }
}
