/// What a TLS server is and accepts.
package struct TLSServerConfiguration: Sendable, Hashable {
    /// Whether clients prove who they are. The path names a PEM file with the authorities that are believed.
    package enum ClientCertificates: Sendable, Hashable {
        case ignored
        /// A client may come without a certificate; one that is sent must be valid.
        case optional(authorities: String)
        case required(authorities: String)
    }

    /// Path of a PEM file: the server's certificate first, then each issuer up to, not including, the root.
    package var certificateChain: String
    /// Path of a PEM file with the unencrypted private key of the first certificate.
    package var privateKey: String
    /// Path of a DER file: an OCSP response about the certificate, which clients that ask are given.
    package var staple: String?
    /// Further certificates, shown to clients that ask by SNI for a name one of them is for.
    package var additionalIdentities: [ServerIdentity]
    package var minimumVersion: TLSVersion
    package var ciphers: CipherPolicy
    /// Protocols that ALPN may choose (RFC 7301), the preferred first; empty turns ALPN off. A client that names
    /// protocols of which none is here is refused; one that names none at all is served.
    package var applicationProtocols: [String]
    package var clientCertificates: ClientCertificates
    /// Where the secrets of connections are written; nil, as it should be, writes them nowhere.
    package var keyLog: KeyLog?

    package init(
        certificateChain: String,
        privateKey: String,
        staple: String? = nil,
        additionalIdentities: [ServerIdentity] = [],
        minimumVersion: TLSVersion = .tls12,
        ciphers: CipherPolicy = .modern,
        applicationProtocols: [String] = [],
        clientCertificates: ClientCertificates = .ignored,
        keyLog: KeyLog? = nil
    ) {
        self.certificateChain = certificateChain
        self.privateKey = privateKey
        self.staple = staple
        self.additionalIdentities = additionalIdentities
        self.minimumVersion = minimumVersion
        self.ciphers = ciphers
        self.applicationProtocols = applicationProtocols
        self.clientCertificates = clientCertificates
        self.keyLog = keyLog
    }
}
