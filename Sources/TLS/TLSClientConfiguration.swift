/// What a TLS client believes and offers. The server's certificate and name are always verified.
///
/// Every field takes part in equality, so a connection pool that has the configuration in its key can never hand
/// out a connection that was verified under other rules.
package struct TLSClientConfiguration: Sendable, Hashable {
    /// The authorities that are believed.
    package enum TrustRoots: Sendable, Hashable {
        /// Those of the operating system, where OpenSSL looks for them.
        case system
        /// Those of one PEM file and no others.
        case file(String)
    }

    /// A certificate by which the client proves who it is.
    package struct Identity: Sendable, Hashable {
        /// Path of a PEM file: the client's certificate first, then its issuers.
        package var certificateChain: String
        /// Path of a PEM file with the unencrypted private key of the first certificate.
        package var privateKey: String

        package init(certificateChain: String, privateKey: String) {
            self.certificateChain = certificateChain
            self.privateKey = privateKey
        }
    }

    package var trustRoots: TrustRoots
    /// The name or address the server's certificate must be for, and for a name what is sent as SNI. A handler may
    /// be given another; without either there is no connection.
    package var serverName: String?
    package var minimumVersion: TLSVersion
    package var ciphers: CipherPolicy
    /// Protocols offered through ALPN (RFC 7301), the preferred first; empty sends no offer.
    package var applicationProtocols: [String]
    package var identity: Identity?

    package init(
        trustRoots: TrustRoots = .system,
        serverName: String? = nil,
        minimumVersion: TLSVersion = .tls12,
        ciphers: CipherPolicy = .modern,
        applicationProtocols: [String] = [],
        identity: Identity? = nil
    ) {
        self.trustRoots = trustRoots
        self.serverName = serverName
        self.minimumVersion = minimumVersion
        self.ciphers = ciphers
        self.applicationProtocols = applicationProtocols
        self.identity = identity
    }
}
