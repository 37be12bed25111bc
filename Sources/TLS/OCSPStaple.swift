import COpenSSL
import COpenSSLShims

/// An authority's signed word that a certificate was not revoked, which the server hands to clients in the handshake (RFC 6066,
/// section 8; RFC 6960), so that they need not ask the authority.
///
/// It has a time after which clients may not believe it. From then on it is no longer handed out: a handshake without it
/// succeeds, one with an old one may not.
final class OCSPStaple: Sendable {
    private let response: [UInt8]
    /// When it is no longer valid: by its own word, or because the certificate of whoever signed it no longer is. Nil if neither
    /// is known.
    let expiry: CertificateTime?

    /// Reads a response in DER, as `openssl ocsp -respout` writes it.
    ///
    /// - Parameter chain: the certificate that it must be about, and its issuers. Where the chain has the issuer, the response's
    ///   signature is verified.
    /// - Throws: `TLSError.unusableStaple` for a response that is not about the certificate, does not say that it is good, or is
    ///   not the authority's. One that is old is none of these: it is not handed out.
    init(path: String, chain: [Certificate]) throws(TLSError) {
        self.response = try FileContents.load(path)
        OpenSSLErrorQueue.clear()
        defer { OpenSSLErrorQueue.clear() }
        let parsed = self.response.withUnsafeBufferPointer { bytes in
            var start = bytes.baseAddress
            return d2i_OCSP_RESPONSE(nil, &start, bytes.count)
        }
        guard let parsed else { throw .unusableStaple(path: path, reason: "it is not an OCSP response in DER") }
        defer { OCSP_RESPONSE_free(parsed) }
        guard OCSP_response_status(parsed) == OCSP_RESPONSE_STATUS_SUCCESSFUL,
            let basic = OCSP_response_get1_basic(parsed)
        else { throw .unusableStaple(path: path, reason: "the authority answered with an error") }
        defer { OCSP_BASICRESP_free(basic) }

        if chain.count > 1, !Self.isSigned(basic, by: chain[1]) {
            throw .unusableStaple(path: path, reason: "it is not signed by the certificate's issuer")
        }
        guard let single = Self.find(chain, in: basic) else {
            throw .unusableStaple(path: path, reason: "it is about another certificate")
        }
        var reason: Int32 = 0
        var next: UnsafeMutablePointer<ASN1_GENERALIZEDTIME>?
        let status = OCSP_single_get0_status(single, &reason, nil, nil, &next)
        guard status == V_OCSP_CERTSTATUS_GOOD else {
            let word = status == V_OCSP_CERTSTATUS_REVOKED ? "revoked" : "unknown to the authority"
            throw .unusableStaple(path: path, reason: "it says that the certificate is \(word)")
        }
        self.expiry = [CertificateTime(next), Self.signerExpiry(basic, chain)].compactMap { $0 }.min()
    }

    /// Whether clients may still believe it.
    func isCurrent(at time: CertificateTime = .now) -> Bool {
        self.expiry.map { time < $0 } ?? true
    }

    private static func isSigned(_ basic: OpaquePointer, by issuer: Certificate) -> Bool {
        guard let store = X509_STORE_new() else { return false }
        defer { X509_STORE_free(store) }
        guard X509_STORE_add_cert(store, issuer.pointer) == 1, let others = ctls_stack_new() else { return false }
        defer { ctls_stack_free(others) }
        // The issuer is believed here although it is not a root. What has run out since was signed all the same, and is told by
        // `expiry`.
        X509_STORE_set_flags(store, UInt(X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_NO_CHECK_TIME))
        return ctls_stack_push(others, issuer.pointer) == 1 && OCSP_basic_verify(basic, others, store, 0) == 1
    }

    /// Until when the certificate is valid that a response is signed with; nil where it is not at hand.
    private static func signerExpiry(_ basic: OpaquePointer, _ chain: [Certificate]) -> CertificateTime? {
        guard let others = ctls_stack_new() else { return nil }
        defer { ctls_stack_free(others) }
        if chain.count > 1, ctls_stack_push(others, chain[1].pointer) != 1 { return nil }
        var signer: OpaquePointer?
        guard OCSP_resp_get0_signer(basic, &signer, others) > 0 else { return nil }
        return signer.flatMap { CertificateTime(X509_get0_notAfter($0)) }
    }

    /// Finds what a response says about the first certificate of a chain.
    private static func find(_ chain: [Certificate], in basic: OpaquePointer) -> OpaquePointer? {
        for index in 0..<OCSP_resp_count(basic) {
            guard let single = OCSP_resp_get0(basic, index) else { continue }
            var serial: UnsafeMutablePointer<ASN1_INTEGER>?
            guard OCSP_id_get0_info(nil, nil, nil, &serial, OCSP_SINGLERESP_get0_id(single)) == 1,
                ASN1_INTEGER_cmp(serial, X509_get0_serialNumber(chain[0].pointer)) == 0
            else { continue }
            return single
        }
        return nil
    }

    /// The callback that OpenSSL calls in handshakes of clients that want to know. `argument` is this object, unretained.
    static let callback: @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?) -> Int32 = { ssl, argument in
        guard let ssl, let argument else { return SSL_TLSEXT_ERR_NOACK }
        let staple = Unmanaged<OCSPStaple>.fromOpaque(argument).takeUnretainedValue()
        guard staple.isCurrent(), ctls_ssl_set_ocsp_response(ssl, staple.response, staple.response.count) == 1 else {
            return SSL_TLSEXT_ERR_NOACK
        }
        return SSL_TLSEXT_ERR_OK
    }
}
