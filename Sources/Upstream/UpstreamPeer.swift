package import TLS

/// The server that requests are forwarded to, and what an exchange with it may take.
///
/// Two exchanges share a connection only when they are for the same peer value on the same event loop, so everything
/// that decides whom a connection reaches and how it is verified belongs in here.
package struct UpstreamPeer: Sendable {
    package enum Scheme: String, Sendable {
        case http, https
    }

    package let scheme: Scheme
    /// A DNS name or an IP address, without brackets.
    package let host: String
    package let port: Int
    /// The value of the `Host` field: the port is left out where it is the scheme's own (RFC 9110, 7.2).
    package let authority: String
    /// The file of a unix socket, which is connected to in place of host and port.
    package private(set) var socketPath: String?
    /// What it is called in logs, metrics and on the dashboard. All peers behind sockets have the same authority.
    package var name: String { self.socketPath.map { "unix:\($0)" } ?? self.authority }
    /// How the peer is verified, and what it is shown, by the next connection; nil for `http`.
    package let tls: TLSContextSource?
    /// The name that the peer's certificate must be for, where it is not `host`.
    package var serverName: String?
    /// Whether it is spoken to in HTTP/2.
    package var http2 = HTTP2Use.never
    /// Put in front of each path, for an API that does not live at the root: empty, or `/prefix` without a final slash.
    package var pathPrefix: String
    package var timeouts: UpstreamTimeouts
    package var limits: UpstreamLimits

    /// A peer that is spoken to in the clear.
    package static func http(
        host: String,
        port: Int = 80,
        pathPrefix: String = "",
        timeouts: UpstreamTimeouts = .init(),
        limits: UpstreamLimits = .init()
    ) -> UpstreamPeer {
        UpstreamPeer(
            scheme: .http,
            host: host,
            port: port,
            tls: nil,
            serverName: nil,
            pathPrefix: pathPrefix,
            timeouts: timeouts,
            limits: limits
        )
    }

    /// A peer that is spoken to in the clear through a unix socket of this machine.
    ///
    /// - Parameter path: absolute, at most 107 bytes.
    package static func unix(
        path: String,
        timeouts: UpstreamTimeouts = .init(),
        limits: UpstreamLimits = .init()
    ) -> UpstreamPeer {
        var peer = UpstreamPeer.http(host: "localhost", timeouts: timeouts, limits: limits)
        peer.socketPath = path
        return peer
    }

    /// A peer behind TLS. Its certificate must be for `serverName`, or for `host` if that is nil.
    package static func https(
        host: String,
        port: Int = 443,
        tls: TLSContextSource,
        serverName: String? = nil,
        pathPrefix: String = "",
        timeouts: UpstreamTimeouts = .init(),
        limits: UpstreamLimits = .init()
    ) -> UpstreamPeer {
        UpstreamPeer(
            scheme: .https,
            host: host,
            port: port,
            tls: tls,
            serverName: serverName,
            pathPrefix: pathPrefix,
            timeouts: timeouts,
            limits: limits
        )
    }

    private init(
        scheme: Scheme,
        host: String,
        port: Int,
        tls: TLSContextSource?,
        serverName: String?,
        pathPrefix: String,
        timeouts: UpstreamTimeouts,
        limits: UpstreamLimits
    ) {
        self.scheme = scheme
        self.host = host
        self.port = port
        self.tls = tls
        self.serverName = serverName
        self.pathPrefix = pathPrefix
        self.timeouts = timeouts
        self.limits = limits
        let name = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
        switch (scheme, port) {
        case (.http, 80), (.https, 443): self.authority = name
        default: self.authority = "\(name):\(port)"
        }
    }
}
