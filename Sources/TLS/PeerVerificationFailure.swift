import COpenSSL

/// Why a peer's certificate was refused.
package enum PeerVerificationFailure: Hashable, Sendable {
    /// None was sent where one is required.
    case noCertificate
    case expired
    case notYetValid
    /// It vouches for itself and is not among the trusted ones.
    case selfSigned
    /// No trusted authority stands behind it, or an issuer was not sent.
    case unknownAuthority
    /// It is valid, but for other names than the one that was asked for.
    case nameMismatch
    case revoked
    /// It may not be used for this side of a TLS connection.
    case wrongPurpose
    /// Anything else, in OpenSSL's words.
    case other(String)

    /// Reads the result of OpenSSL's verification; nil where the certificate was accepted.
    init?(verifyResult: Int) {
        switch Int32(truncatingIfNeeded: verifyResult) {
        case X509_V_OK:
            return nil
        case X509_V_ERR_CERT_HAS_EXPIRED:
            self = .expired
        case X509_V_ERR_CERT_NOT_YET_VALID:
            self = .notYetValid
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
            self = .selfSigned
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
            X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, X509_V_ERR_CERT_UNTRUSTED:
            self = .unknownAuthority
        case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH:
            self = .nameMismatch
        case X509_V_ERR_CERT_REVOKED:
            self = .revoked
        case X509_V_ERR_INVALID_PURPOSE:
            self = .wrongPurpose
        default:
            self = .other(String(cString: X509_verify_cert_error_string(verifyResult)))
        }
    }
}

extension PeerVerificationFailure: CustomStringConvertible {
    package var description: String {
        switch self {
        case .noCertificate: "none was sent"
        case .expired: "it has expired"
        case .notYetValid: "it is not valid yet"
        case .selfSigned: "it is self-signed and not trusted here"
        case .unknownAuthority: "no trusted authority issued it, or an issuer is missing from the chain"
        case .nameMismatch: "it is for another name"
        case .revoked: "it was revoked"
        case .wrongPurpose: "it may not be used for this side of a connection"
        case .other(let reason): reason
        }
    }
}
