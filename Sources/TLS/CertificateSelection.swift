import COpenSSL

/// The server's part of SNI: chooses the certificate that is for the name the client asks for (RFC 6066, section 3).
///
/// Certificates are tried in the order of the configuration, the default first. A client that asks for a name which none
/// is for, or for no name, gets the default: whether that will do is the client's to say, and a refusal would tell a
/// scanner which names there are.
final class CertificateSelection: Sendable {
    private let candidates: [TLSContext]

    /// - Parameter candidates: the contexts of the certificates beside the default.
    init(_ candidates: [TLSContext]) {
        self.candidates = candidates
    }

    /// Finds the context of the certificate to show; nil for the one the connection began with.
    func context(for name: String, default first: OpaquePointer?) -> TLSContext? {
        if Self.isFor(name, SSL_CTX_get0_certificate(first)) { return nil }
        return self.candidates.first { Self.isFor(name, SSL_CTX_get0_certificate($0.pointer)) }
    }

    private static func isFor(_ name: String, _ certificate: OpaquePointer?) -> Bool {
        guard let certificate else { return false }
        return name.withCString { bytes in
            X509_check_host(
                certificate,
                bytes,
                name.utf8.count,
                UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT),
                nil
            ) == 1
        }
    }

    /// The callback that OpenSSL calls in every handshake. `argument` is this object, unretained.
    static let callback:
        @convention(c) (OpaquePointer?, UnsafeMutablePointer<Int32>?, UnsafeMutableRawPointer?) -> Int32 = {
            ssl,
            _,
            argument in
            guard let ssl, let argument, let name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name) else {
                return SSL_TLSEXT_ERR_NOACK
            }
            let selection = Unmanaged<CertificateSelection>.fromOpaque(argument).takeUnretainedValue()
            if let chosen = selection.context(for: String(cString: name), default: SSL_get_SSL_CTX(ssl)) {
                SSL_set_SSL_CTX(ssl, chosen.pointer)
            }
            return SSL_TLSEXT_ERR_OK
        }
}
