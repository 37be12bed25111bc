package import NIOCore

/// What went wrong with TLS: in the files an operator named, or on one connection.
package enum TLSError: Error, Hashable, Sendable {
    // MARK: Configuration

    /// A file cannot be read; `reason` is the operating system's.
    case unreadableFile(path: String, reason: String)
    /// A file cannot be written; `reason` is the operating system's.
    case unwritableFile(path: String, reason: String)
    /// Development certificates are already there and still valid.
    case fileExists(path: String)
    /// The file holds no PEM block `CERTIFICATE`.
    case noCertificate(path: String)
    /// The file holds a certificate that OpenSSL cannot read; `reason` is OpenSSL's.
    case malformedCertificate(path: String, reason: String)
    /// OpenSSL reads the certificate but will not use it, for example because its key is too short.
    case unacceptableCertificate(path: String, reason: String)
    /// The certificate was valid until `notAfter`.
    case certificateExpired(path: String, notAfter: CertificateTime)
    /// The certificate is valid from `notBefore` on.
    case certificateNotYetValid(path: String, notBefore: CertificateTime)
    /// A certificate of the chain, counted from 1, was not issued by the one after it.
    case brokenChain(path: String, position: Int)
    /// The file holds no private key that OpenSSL can read; `reason` is OpenSSL's.
    case malformedPrivateKey(path: String, reason: String)
    /// The file holds no public key that OpenSSL can read; `reason` is OpenSSL's.
    case malformedPublicKey(path: String, reason: String)
    /// The private key is protected by a passphrase, for which a server cannot ask.
    case encryptedPrivateKey(path: String)
    /// The file is no OCSP response that could be handed out with its certificate.
    case unusableStaple(path: String, reason: String)
    /// The private key does not belong to the certificate.
    case keyMismatch(certificate: String, privateKey: String)
    /// OpenSSL knows none of the ciphers or groups of this list.
    case invalidAlgorithms(list: String)
    /// ALPN names have 1 to 255 bytes, the list of them fewer than 65,536.
    case invalidApplicationProtocol(String)
    /// Not a host name or IP address that a certificate could be checked against.
    case invalidServerName(String)
    /// A client has no name to check the server's certificate against.
    case missingServerName
    /// A name that cannot be put into a certificate.
    case invalidCertificateName(String)
    /// A call to OpenSSL failed that only fails for want of memory or through a broken installation.
    case library(operation: String, reason: String)

    // MARK: One connection

    /// The two sides found no way to agree; `reason` is OpenSSL's.
    case handshakeFailed(reason: String)
    /// The peer did not complete the handshake in time.
    case handshakeTimedOut(after: TimeAmount)
    /// The peer closed the connection before the handshake was complete.
    case closedDuringHandshake
    /// The peer does not speak TLS; `reason` is OpenSSL's.
    case notTLS(reason: String)
    /// The client offered protocols through ALPN of which the server speaks none.
    case noApplicationProtocol
    /// The peer's certificate was refused.
    case peerVerificationFailed(PeerVerificationFailure)
    /// The peer refused us with this alert (RFC 8446, section 6).
    case alertReceived(String)
    /// The peer broke the protocol after the handshake; `reason` is OpenSSL's.
    case protocolViolation(reason: String)
    /// The peer keeps asking for answers of the protocol itself and does not read them.
    case unreadAnswers(bytes: Int)
    /// The connection ended without the peer's close_notify after data had come: the data may be incomplete.
    case truncated
}
