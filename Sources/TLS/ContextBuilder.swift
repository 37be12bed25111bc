import COpenSSL
import COpenSSLShims

/// Configures an `SSL_CTX` step by step, before anybody else sees it.
final class ContextBuilder {
    /// `SSL_CTX *`; owned until `finish` hands it over.
    private let context: OpaquePointer
    private var isFinished = false

    init(role: TLSContext.Role) throws(TLSError) {
        OpenSSLErrorQueue.clear()
        guard let context = SSL_CTX_new(role == .server ? TLS_server_method() : TLS_client_method()) else {
            throw .library(operation: "SSL_CTX_new", reason: OpenSSLErrorQueue.drainText())
        }
        self.context = context
        // Compression leaks secrets (CRIME); renegotiation lets a client make the server work for nothing.
        var options = ctls_op_no_compression | ctls_op_no_renegotiation
        if role == .server { options |= ctls_op_cipher_server_preference | ctls_op_prioritize_chacha }
        SSL_CTX_set_options(context, options)
        // At least 112 bits of security everywhere, whatever this system's own configuration of OpenSSL says: RSA keys
        // of 2048 bits, no SHA-1 signatures.
        SSL_CTX_set_security_level(context, 2)
        // An idle connection gives its record buffers back. Records that carry no data, such as tickets, do not end a
        // read early. A write that is tried again may come from other memory.
        _ = ctls_ctx_set_mode(
            context,
            Int(SSL_MODE_RELEASE_BUFFERS) | Int(SSL_MODE_AUTO_RETRY) | Int(SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER)
        )
        _ = ctls_ctx_set_session_cache_mode(context, Int(SSL_SESS_CACHE_OFF))
    }

    deinit {
        if !self.isFinished { SSL_CTX_free(self.context) }
    }

    /// Hands the context over to the caller.
    func finish() -> OpaquePointer {
        self.isFinished = true
        return self.context
    }

    // MARK: Algorithms

    func set(minimumVersion: TLSVersion, ciphers: CipherPolicy) throws(TLSError) {
        try self.require("SSL_CTX_set_min_proto_version") {
            ctls_ctx_set_min_proto_version(self.context, minimumVersion.wireValue)
        }
        guard SSL_CTX_set_ciphersuites(self.context, ciphers.tls13) == 1 else {
            throw self.clearing(.invalidAlgorithms(list: ciphers.tls13))
        }
        guard SSL_CTX_set_cipher_list(self.context, ciphers.tls12) == 1 else {
            throw self.clearing(.invalidAlgorithms(list: ciphers.tls12))
        }
        guard ctls_ctx_set_groups(self.context, ciphers.groups) == 1 else {
            throw self.clearing(.invalidAlgorithms(list: ciphers.groups))
        }
    }

    // MARK: Who we are

    /// Loads the certificate that this side shows, and its key, and checks both.
    ///
    /// - Returns: when the certificate expires.
    func use(certificateChain path: String, privateKey keyPath: String) throws(TLSError) -> CertificateTime? {
        try self.use(Certificate.load(path: path), from: path, privateKey: keyPath)
    }

    /// The same with a chain that was read already.
    func use(
        _ chain: [Certificate],
        from path: String,
        privateKey keyPath: String
    ) throws(TLSError) -> CertificateTime? {
        let leaf = chain[0]
        let now = CertificateTime.now
        if let notAfter = leaf.notAfter, notAfter < now {
            throw .certificateExpired(path: path, notAfter: notAfter)
        }
        if let notBefore = leaf.notBefore, now < notBefore {
            throw .certificateNotYetValid(path: path, notBefore: notBefore)
        }
        for index in chain.indices.dropFirst() where !chain[index - 1].isIssued(by: chain[index]) {
            throw .brokenChain(path: path, position: index)
        }
        let key = try PrivateKey.load(path: keyPath)
        OpenSSLErrorQueue.clear()
        guard X509_check_private_key(leaf.pointer, key.pointer) == 1 else {
            throw self.clearing(.keyMismatch(certificate: path, privateKey: keyPath))
        }
        guard let issuers = ctls_stack_new() else {
            throw .library(operation: "sk_X509_new", reason: OpenSSLErrorQueue.drainText())
        }
        defer { ctls_stack_free(issuers) }
        for issuer in chain.dropFirst() {
            try self.require("sk_X509_push") { ctls_stack_push(issuers, issuer.pointer) }
        }
        guard SSL_CTX_use_cert_and_key(self.context, leaf.pointer, key.pointer, issuers, 1) == 1 else {
            throw .unacceptableCertificate(path: path, reason: OpenSSLErrorQueue.drainText())
        }
        return leaf.notAfter
    }

    /// Hands an OCSP response to clients that ask for one. The context must not outlive it.
    func hand(out staple: OCSPStaple) throws(TLSError) {
        try self.require("SSL_CTX_set_tlsext_status_cb") {
            ctls_ctx_set_ocsp_callback(
                self.context,
                OCSPStaple.callback,
                Unmanaged.passUnretained(staple).toOpaque()
            )
        }
    }

    /// Writes the secrets of connections to a log. The context must not outlive it.
    func log(to keyLog: KeyLog) throws(TLSError) {
        try self.require("SSL_CTX_set_ex_data") {
            SSL_CTX_set_ex_data(self.context, 0, Unmanaged.passUnretained(keyLog).toOpaque())
        }
        SSL_CTX_set_keylog_callback(self.context, KeyLog.callback)
    }

    // MARK: Whom we believe

    /// Makes the client verify the server against these authorities.
    func trust(_ roots: TLSClientConfiguration.TrustRoots) throws(TLSError) {
        switch roots {
        case .system:
            try self.require("SSL_CTX_set_default_verify_paths") { SSL_CTX_set_default_verify_paths(self.context) }
        case .file(let path):
            try self.trust(Certificate.load(path: path))
        }
        SSL_CTX_set_verify(self.context, SSL_VERIFY_PEER, nil)
    }

    /// Makes the server ask for, and verify, the client's certificate.
    func set(_ clients: TLSServerConfiguration.ClientCertificates) throws(TLSError) {
        let path: String
        var mode = SSL_VERIFY_PEER
        switch clients {
        case .ignored:
            SSL_CTX_set_verify(self.context, SSL_VERIFY_NONE, nil)
            return
        case .optional(let authorities):
            path = authorities
        case .required(let authorities):
            path = authorities
            mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT
        }
        let authorities = try Certificate.load(path: path)
        try self.trust(authorities)
        for authority in authorities {
            // Their names are sent to the client, which may have several certificates to choose from.
            try self.require("SSL_CTX_add_client_CA") { SSL_CTX_add_client_CA(self.context, authority.pointer) }
        }
        SSL_CTX_set_verify(self.context, mode, nil)
    }

    private func trust(_ authorities: [Certificate]) throws(TLSError) {
        let store = SSL_CTX_get_cert_store(self.context)
        for authority in authorities {
            try self.require("X509_STORE_add_cert") { X509_STORE_add_cert(store, authority.pointer) }
        }
    }

    // MARK: Sessions

    /// Settles how clients may take up earlier sessions: by ticket, under a key that lives as long as the context.
    ///
    /// With client certificates there are no tickets: each connection shows the certificate anew, so that one that
    /// expired or lost its authority stops working.
    func setServerSessions(hasClientCertificates: Bool) throws(TLSError) {
        if hasClientCertificates {
            SSL_CTX_set_options(self.context, ctls_op_no_ticket)
            try self.require("SSL_CTX_set_num_tickets") { SSL_CTX_set_num_tickets(self.context, 0) }
        } else {
            // One ticket, not OpenSSL's two: callers of an API keep few connections open at a time.
            try self.require("SSL_CTX_set_num_tickets") { SSL_CTX_set_num_tickets(self.context, 1) }
        }
    }

    // MARK: Application protocols

    /// Makes the server choose by ALPN. The context must not outlive `selection`.
    func select(with selection: ProtocolSelection) {
        SSL_CTX_set_alpn_select_cb(
            self.context,
            ProtocolSelection.callback,
            Unmanaged.passUnretained(selection).toOpaque()
        )
    }

    /// Makes the server choose its certificate by SNI. The context must not outlive `selection`.
    func select(with selection: CertificateSelection) throws(TLSError) {
        try self.require("SSL_CTX_set_tlsext_servername_callback") {
            ctls_ctx_set_servername_callback(
                self.context,
                CertificateSelection.callback,
                Unmanaged.passUnretained(selection).toOpaque()
            )
        }
    }

    /// Makes the client offer these protocols through ALPN.
    func offer(_ protocols: ApplicationProtocols) throws(TLSError) {
        guard !protocols.names.isEmpty else { return }
        // This one call returns 0 on success.
        try self.require("SSL_CTX_set_alpn_protos") {
            SSL_CTX_set_alpn_protos(self.context, protocols.wire, UInt32(protocols.wire.count)) == 0 ? 1 : 0
        }
    }

    // MARK: Results

    /// Throws where a call does not return 1.
    private func require(_ operation: String, _ call: () -> Int32) throws(TLSError) {
        OpenSSLErrorQueue.clear()
        guard call() == 1 else {
            throw .library(operation: operation, reason: OpenSSLErrorQueue.drainText())
        }
    }

    /// Leaves nothing in the queue of what `error` already tells.
    private func clearing(_ error: TLSError) -> TLSError {
        OpenSSLErrorQueue.clear()
        return error
    }
}
