package import TLS
package import Upstream

/// Where a proxy listens, what it forwards to, and what it allows.
package struct ProxyConfiguration: Sendable {
    /// One address to listen on.
    package struct Listener: Sendable {
        package var host: String
        /// 0 lets the system choose one.
        package var port: Int
        /// The certificate and settings of a TLS listener; nil for a plain one.
        package var tls: TLSContextSource?

        package init(host: String, port: Int, tls: TLSContextSource? = nil) {
            self.host = host
            self.port = port
            self.tls = tls
        }
    }

    package var listeners: [Listener]
    package var limits: ProxyLimits
    /// Nil for a server whose filter answers everything itself.
    package var upstream: UpstreamServers?
    /// The name by which the proxy goes in `Via`.
    package var pseudonym: String
    /// Whether the upstream is told the client's address, scheme and host in `X-Forwarded-*`.
    package var forwardsClientAddress: Bool

    package init(
        listeners: [Listener],
        limits: ProxyLimits = .init(),
        upstream: UpstreamServers? = nil,
        pseudonym: String = "guardian",
        forwardsClientAddress: Bool = true
    ) {
        self.listeners = listeners
        self.limits = limits
        self.upstream = upstream
        self.pseudonym = pseudonym
        self.forwardsClientAddress = forwardsClientAddress
    }

    var forwardedFields: ForwardedFields {
        ForwardedFields(pseudonym: self.pseudonym, describesClient: self.forwardsClientAddress)
    }
}
