import COpenSSL
import COpenSSLShims

/// Everything that the connections of one side share: keys, certificates, trust, algorithms.
///
/// A context never changes once it is made. New certificates mean a new context; connections keep the one they
/// began with.
///
/// `@unchecked Sendable`: the one stored pointer is to an `SSL_CTX`, which OpenSSL allows any number of threads to
/// make connections from as long as nobody configures it, and all configuring happens before `init` returns.
package final class TLSContext: @unchecked Sendable {
    /// The side of a connection.
    package enum Role: Sendable, Hashable {
        case server, client
    }

    package let role: Role
    /// When the certificate that this side shows expires, the first of them where there are several; nil for a client
    /// without one.
    package let certificateExpiry: CertificateTime?
    /// An OCSP response was too old to be handed out when the context was made.
    package let hasOldStaple: Bool
    /// The name a client asks for where its handler is given none.
    let serverName: ServerName?
    /// `SSL_CTX *`, owned.
    let pointer: OpaquePointer
    /// The ALPN callback has an unretained pointer to this.
    private let protocols: ProtocolSelection?
    /// The SNI callback has an unretained pointer to this.
    private let certificates: CertificateSelection?
    /// The OCSP callback has an unretained pointer to this.
    private let staple: OCSPStaple?
    /// The key log callback has an unretained pointer to this.
    private let keyLog: KeyLog?

    /// Makes the context of a server.
    ///
    /// - Throws: `TLSError` of the configuration kind, naming the file at fault; an expired certificate is one.
    package static func server(_ configuration: TLSServerConfiguration) throws(TLSError) -> TLSContext {
        let others = try configuration.additionalIdentities.map { identity throws(TLSError) in
            try Self.server(configuration, showing: identity, choosingAmong: [])
        }
        let identity = ServerIdentity(
            certificateChain: configuration.certificateChain,
            privateKey: configuration.privateKey,
            staple: configuration.staple
        )
        return try Self.server(configuration, showing: identity, choosingAmong: others)
    }

    /// Makes the context of one certificate. OpenSSL takes the protocols, the trust and the certificate from the context
    /// that was chosen, so each of them has all of the configuration.
    private static func server(
        _ configuration: TLSServerConfiguration,
        showing identity: ServerIdentity,
        choosingAmong others: [TLSContext]
    ) throws(TLSError) -> TLSContext {
        let builder = try ContextBuilder(role: .server)
        try builder.set(minimumVersion: configuration.minimumVersion, ciphers: configuration.ciphers)
        let chain = try Certificate.load(path: identity.certificateChain)
        let expiry = try builder.use(chain, from: identity.certificateChain, privateKey: identity.privateKey)
        var staple: OCSPStaple?
        if let path = identity.staple { staple = try OCSPStaple(path: path, chain: chain) }
        if let staple { try builder.hand(out: staple) }
        try builder.set(configuration.clientCertificates)
        try builder.setServerSessions(hasClientCertificates: configuration.clientCertificates != .ignored)
        if let keyLog = configuration.keyLog { try builder.log(to: keyLog) }
        let protocols = try ApplicationProtocols(configuration.applicationProtocols)
        let selection = protocols.names.isEmpty ? nil : ProtocolSelection(protocols)
        if let selection { builder.select(with: selection) }
        let certificates = others.isEmpty ? nil : CertificateSelection(others)
        if let certificates { try builder.select(with: certificates) }
        return TLSContext(
            role: .server,
            pointer: builder.finish(),
            expiry: ([expiry] + others.map(\.certificateExpiry)).compactMap { $0 }.min(),
            selection: selection,
            certificates: certificates,
            staple: staple,
            keyLog: configuration.keyLog,
            hasOldStaple: staple?.isCurrent() == false || others.contains(where: \.hasOldStaple)
        )
    }

    /// Makes the context of a client.
    ///
    /// - Throws: `TLSError` of the configuration kind, naming the file at fault.
    package static func client(_ configuration: TLSClientConfiguration) throws(TLSError) -> TLSContext {
        let builder = try ContextBuilder(role: .client)
        try builder.set(minimumVersion: configuration.minimumVersion, ciphers: configuration.ciphers)
        var expiry: CertificateTime?
        if let identity = configuration.identity {
            expiry = try builder.use(certificateChain: identity.certificateChain, privateKey: identity.privateKey)
        }
        try builder.trust(configuration.trustRoots)
        try builder.offer(ApplicationProtocols(configuration.applicationProtocols))
        var serverName: ServerName?
        if let name = configuration.serverName { serverName = try ServerName(name) }
        return TLSContext(role: .client, pointer: builder.finish(), expiry: expiry, serverName: serverName)
    }

    private init(
        role: Role,
        pointer: OpaquePointer,
        expiry: CertificateTime?,
        serverName: ServerName? = nil,
        selection: ProtocolSelection? = nil,
        certificates: CertificateSelection? = nil,
        staple: OCSPStaple? = nil,
        keyLog: KeyLog? = nil,
        hasOldStaple: Bool = false
    ) {
        self.role = role
        self.pointer = pointer
        self.certificateExpiry = expiry
        self.serverName = serverName
        self.protocols = selection
        self.certificates = certificates
        self.staple = staple
        self.keyLog = keyLog
        self.hasOldStaple = hasOldStaple
    }

    deinit {
        SSL_CTX_free(self.pointer)
    }
}
