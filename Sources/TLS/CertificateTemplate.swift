import COpenSSL
import COpenSSLShims

/// What a new certificate will say, before it is signed.
struct CertificateTemplate {
    /// What the key may be used for.
    enum Usage {
        case authority, server, client
    }

    var commonName: String
    /// Host names, also with `*` for the first label, and IP addresses.
    var names: [String] = []
    var usage: Usage
    var validity: CertificateValidity

    /// Makes the certificate of `key`.
    ///
    /// - Parameter issuer: who signs; nil for a certificate that vouches for itself.
    func sign(
        _ key: PrivateKey,
        issuer: (certificate: Certificate, key: PrivateKey)? = nil
    ) throws(TLSError) -> Certificate {
        let alternativeNames = try self.names.map { name throws(TLSError) in try Self.alternativeName(name) }
        OpenSSLErrorQueue.clear()
        guard let pointer = X509_new() else {
            throw .library(operation: "X509_new", reason: OpenSSLErrorQueue.drainText())
        }
        let certificate = Certificate(owning: pointer)
        let subject = X509_get_subject_name(pointer)
        let name = Array(self.commonName.utf8)
        // Version 3 is written as 2.
        guard X509_set_version(pointer, 2) == 1, Self.setSerial(of: pointer),
            Self.set(self.validity, of: pointer),
            X509_NAME_add_entry_by_txt(subject, "CN", V_ASN1_UTF8STRING, name, Int32(name.count), -1, 0) == 1,
            X509_set_issuer_name(pointer, issuer.map { X509_get_subject_name($0.certificate.pointer) } ?? subject) == 1,
            X509_set_pubkey(pointer, key.pointer) == 1
        else {
            throw .library(operation: "X509_set", reason: OpenSSLErrorQueue.drainText())
        }
        for (nid, value) in self.extensions(alternativeNames) {
            try Self.add(nid, value, to: certificate, issuer: issuer?.certificate ?? certificate)
        }
        guard X509_sign(pointer, (issuer?.key ?? key).pointer, EVP_sha256()) > 0 else {
            throw .library(operation: "X509_sign", reason: OpenSSLErrorQueue.drainText())
        }
        return certificate
    }

    private func extensions(_ alternativeNames: [String]) -> [(nid: Int32, value: String)] {
        var extensions: [(nid: Int32, value: String)] = []
        switch self.usage {
        case .authority:
            extensions.append((NID_basic_constraints, "critical,CA:TRUE,pathlen:0"))
            extensions.append((NID_key_usage, "critical,keyCertSign,cRLSign"))
        case .server, .client:
            extensions.append((NID_basic_constraints, "critical,CA:FALSE"))
            extensions.append((NID_key_usage, "critical,digitalSignature"))
            extensions.append((NID_ext_key_usage, self.usage == .server ? "serverAuth" : "clientAuth"))
        }
        extensions.append((NID_subject_key_identifier, "hash"))
        if self.usage != .authority { extensions.append((NID_authority_key_identifier, "keyid")) }
        if !alternativeNames.isEmpty {
            extensions.append((NID_subject_alt_name, alternativeNames.joined(separator: ",")))
        }
        return extensions
    }

    /// The name as OpenSSL's configuration language writes it. Only letters, digits and a few marks pass, so a name can never
    /// say more in that language than a name.
    private static func alternativeName(_ name: String) throws(TLSError) -> String {
        if ServerName.isAddress(name) { return "IP:\(name)" }
        let host = name.hasPrefix("*.") ? String(name.dropFirst(2)) : name
        guard ServerName.isHost(host) else { throw .invalidCertificateName(name) }
        return "DNS:\(name)"
    }

    /// 127 random bits (RFC 5280, section 4.1.2.2, wants a positive number of at most 20 bytes).
    private static func setSerial(of certificate: OpaquePointer) -> Bool {
        guard let number = BN_new() else { return false }
        defer { BN_free(number) }
        guard BN_rand(number, 127, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1,
            let serial = BN_to_ASN1_INTEGER(number, nil)
        else { return false }
        defer { ASN1_INTEGER_free(serial) }
        return X509_set_serialNumber(certificate, serial) == 1
    }

    private static func set(_ validity: CertificateValidity, of certificate: OpaquePointer) -> Bool {
        guard let notBefore = ASN1_TIME_set(nil, Int(validity.notBefore.secondsSinceEpoch)) else { return false }
        defer { ASN1_TIME_free(notBefore) }
        guard let notAfter = ASN1_TIME_set(nil, Int(validity.notAfter.secondsSinceEpoch)) else { return false }
        defer { ASN1_TIME_free(notAfter) }
        return X509_set1_notBefore(certificate, notBefore) == 1 && X509_set1_notAfter(certificate, notAfter) == 1
    }

    private static func add(
        _ nid: Int32,
        _ value: String,
        to certificate: Certificate,
        issuer: Certificate
    ) throws(TLSError) {
        var context = X509V3_CTX()
        ctls_x509v3_set_ctx(&context, issuer.pointer, certificate.pointer)
        guard let made = X509V3_EXT_conf_nid(nil, &context, nid, value) else {
            throw .library(operation: "X509V3_EXT_conf_nid", reason: OpenSSLErrorQueue.drainText())
        }
        defer { X509_EXTENSION_free(made) }
        guard X509_add_ext(certificate.pointer, made, -1) == 1 else {
            throw .library(operation: "X509_add_ext", reason: OpenSSLErrorQueue.drainText())
        }
    }
}
