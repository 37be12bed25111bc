import NIOCore

extension TLSError: CustomStringConvertible {
    /// What was wrong, where, and what to do about it, in one line without a final stop.
    package var description: String {
        switch self {
        case .unreadableFile(let path, let reason):
            "cannot read \(path): \(reason)"
        case .unwritableFile(let path, let reason):
            "cannot write \(path): \(reason)"
        case .fileExists(let path):
            "\(path) already exists and is still valid; ask for overwriting to replace it"
        case .noCertificate(let path):
            "\(path) holds no certificate; it must be PEM text with a BEGIN CERTIFICATE block"
        case .malformedCertificate(let path, let reason):
            "\(path) holds a certificate that cannot be read (\(reason)); was it cut or edited?"
        case .unacceptableCertificate(let path, let reason):
            "the certificate in \(path) cannot be used: \(reason)"
        case .certificateExpired(let path, let notAfter):
            "the certificate in \(path) expired at \(notAfter); renew it"
        case .certificateNotYetValid(let path, let notBefore):
            "the certificate in \(path) is valid only from \(notBefore); check the clock of this machine"
        case .brokenChain(let path, let position):
            """
            certificate \(position) in \(path) was not issued by the one after it; \
            put the server's certificate first and then each issuer in order
            """
        case .malformedPrivateKey(let path, let reason):
            "\(path) holds no private key that can be read (\(reason)); it must be PEM text with a BEGIN PRIVATE KEY block"
        case .malformedPublicKey(let path, let reason):
            "\(path) holds no public key that can be read (\(reason)); it must be PEM text with a BEGIN PUBLIC KEY block"
        case .encryptedPrivateKey(let path):
            "the private key in \(path) is protected by a passphrase; remove it, for example with 'openssl pkey'"
        case .unusableStaple(let path, let reason):
            "the OCSP response in \(path) cannot be used: \(reason)"
        case .keyMismatch(let certificate, let privateKey):
            "the private key in \(privateKey) does not belong to the certificate in \(certificate)"
        case .invalidAlgorithms(let list):
            "OpenSSL knows none of the algorithms '\(list)'"
        case .invalidApplicationProtocol(let name):
            "'\(name)' cannot be an ALPN protocol; names have 1 to 255 bytes"
        case .invalidServerName(let name):
            "'\(name)' is neither a host name nor an IP address"
        case .missingServerName:
            "no server name to check the server's certificate against"
        case .invalidCertificateName(let name):
            "'\(name)' is neither a host name nor an IP address that a certificate can carry"
        case .library(let operation, let reason):
            "\(operation) failed in OpenSSL: \(reason)"
        case .handshakeFailed(let reason):
            "TLS handshake failed: \(reason)"
        case .handshakeTimedOut(let after):
            "TLS handshake not complete after \(after.nanoseconds / 1_000_000) ms"
        case .closedDuringHandshake:
            "the peer closed the connection during the TLS handshake"
        case .notTLS(let reason):
            "the peer does not speak TLS on this port (\(reason))"
        case .noApplicationProtocol:
            "the client offered no application protocol that is spoken here"
        case .peerVerificationFailed(let failure):
            "the peer's certificate was refused: \(failure)"
        case .alertReceived(let name):
            "the peer refused the TLS connection: \(name)"
        case .protocolViolation(let reason):
            "the peer broke the TLS protocol: \(reason)"
        case .unreadAnswers(let bytes):
            "the peer made TLS answer \(bytes) bytes and reads none of them"
        case .truncated:
            "the connection ended without close_notify; the data may be incomplete"
        }
    }
}
