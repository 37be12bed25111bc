/// A certificate with its private key, both as PEM text.
package struct IssuedCertificate: Sendable {
    package var certificate: [UInt8]
    package var privateKey: [UInt8]
}

/// An authority of our own for development and tests, with keys on the curve P-256.
///
/// Its private key exists only in this object: once that is gone, nobody can issue in its name any more.
package final class CertificateAuthority {
    /// The side of a connection a certificate is for.
    package enum Usage: Sendable {
        case server, client
    }

    private let certificate: Certificate
    private let key: PrivateKey

    /// Makes an authority with a new key.
    package init(commonName: String, validity: CertificateValidity = .days(30)) throws(TLSError) {
        self.key = try PrivateKey.generate()
        let template = CertificateTemplate(commonName: commonName, usage: .authority, validity: validity)
        self.certificate = try template.sign(self.key)
    }

    /// The certificate that peers have to trust, as PEM text.
    package func pem() throws(TLSError) -> [UInt8] {
        try self.certificate.pem()
    }

    /// Issues a certificate for a new key.
    ///
    /// - Parameter names: host names, also with `*` for the first label, and IP addresses.
    package func issue(
        names: [String],
        usage: Usage = .server,
        validity: CertificateValidity = .days(30)
    ) throws(TLSError) -> IssuedCertificate {
        let key = try PrivateKey.generate()
        let certificate = try Self.template(names, usage, validity).sign(key, issuer: (self.certificate, self.key))
        return IssuedCertificate(certificate: try certificate.pem(), privateKey: try key.pem())
    }

    /// Makes a certificate that vouches for itself, which no peer believes unless told to.
    package static func selfSigned(
        names: [String],
        usage: Usage = .server,
        validity: CertificateValidity = .days(30)
    ) throws(TLSError) -> IssuedCertificate {
        let key = try PrivateKey.generate()
        let certificate = try Self.template(names, usage, validity).sign(key)
        return IssuedCertificate(certificate: try certificate.pem(), privateKey: try key.pem())
    }

    private static func template(
        _ names: [String],
        _ usage: Usage,
        _ validity: CertificateValidity
    ) -> CertificateTemplate {
        CertificateTemplate(
            // A common name has at most 64 characters; peers look at the alternative names only.
            commonName: names.first { $0.utf8.count <= 64 } ?? "Guardian",
            names: names,
            usage: usage == .server ? .server : .client,
            validity: validity
        )
    }
}
