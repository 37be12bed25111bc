import COpenSSL
import COpenSSLShims

/// An X.509 certificate.
final class Certificate {
    /// `X509 *`, owned.
    let pointer: OpaquePointer

    /// Takes over the caller's reference.
    init(owning pointer: OpaquePointer) {
        self.pointer = pointer
    }

    deinit {
        X509_free(self.pointer)
    }

    /// Reads every certificate of a PEM file, in order; there is at least one.
    static func load(path: String) throws(TLSError) -> [Certificate] {
        let bytes = try FileContents.load(path)
        // A file that is empty has no address to read from.
        guard !bytes.isEmpty else { throw .noCertificate(path: path) }
        OpenSSLErrorQueue.clear()
        let certificates = PEMReader.withBIO(over: bytes) { bio in
            var found: [Certificate] = []
            while let pointer = PEM_read_bio_X509(bio, nil, { PEMReader.noPassphrase($0, $1, $2, $3) }, nil) {
                found.append(Certificate(owning: pointer))
            }
            return found
        }
        let errors = OpenSSLErrorQueue.drain()
        guard let certificates, PEMReader.isEndOfBlocks(errors) else {
            throw .malformedCertificate(path: path, reason: errors.last?.text ?? "out of memory")
        }
        guard !certificates.isEmpty else { throw .noCertificate(path: path) }
        return certificates
    }

    /// Nil if the field is not a time.
    var notBefore: CertificateTime? { CertificateTime(X509_get0_notBefore(self.pointer)) }

    /// Nil if the field is not a time.
    var notAfter: CertificateTime? { CertificateTime(X509_get0_notAfter(self.pointer)) }

    /// The name it is for, in the form of RFC 2253, for logs.
    var subject: String {
        guard let text = X509_NAME_oneline(X509_get_subject_name(self.pointer), nil, 0) else { return "" }
        defer { ctls_free(text) }
        return String(cString: text)
    }

    func isIssued(by issuer: Certificate) -> Bool {
        X509_check_issued(issuer.pointer, self.pointer) == X509_V_OK
    }

    /// The certificate as PEM text.
    func pem() throws(TLSError) -> [UInt8] {
        try MemoryBIO.collect("PEM_write_bio_X509") { PEM_write_bio_X509($0, self.pointer) == 1 }
    }
}
