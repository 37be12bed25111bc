package import Listening
package import TLS
package import Upstream

/// Where a proxy listens, what it forwards to, and what it allows.
package struct ProxyConfiguration: Sendable {
    /// One address to listen on.
    package struct Listener: Sendable {
        package enum Place: Sendable, Hashable {
            /// A port of 0 lets the system choose one. With `sharesPort` other processes may listen there too, if they also
            /// say so: one takes over from the other without refusing anybody.
            case tcp(host: String, port: Int, sharesPort: Bool = false)
            /// A file that is made, with these permissions, and removed at the end.
            case unix(path: String, mode: UInt16)
            /// A socket that listens already and was handed to the process.
            case descriptor(Int32)
        }

        package var place: Place
        /// The certificate and settings of a TLS listener; nil for a plain one.
        package var tls: TLSContextSource?
        /// Whose connections begin with a PROXY header.
        package var trustedPeers: TrustedPeers
        /// Whose `X-Forwarded-*` fields are believed.
        package var trustedProxies: [IPNetwork]

        package init(
            _ place: Place,
            tls: TLSContextSource? = nil,
            trustedPeers: TrustedPeers = .init(),
            trustedProxies: [IPNetwork] = []
        ) {
            self.place = place
            self.tls = tls
            self.trustedPeers = trustedPeers
            self.trustedProxies = trustedProxies
        }

        package init(host: String, port: Int, tls: TLSContextSource? = nil) {
            self.init(.tcp(host: host, port: port), tls: tls)
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
