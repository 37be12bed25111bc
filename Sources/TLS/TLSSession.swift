/// What two sides agreed on in a handshake.
package struct TLSSession: Hashable, Sendable {
    /// Nil for a version this code does not know.
    package var version: TLSVersion?
    /// OpenSSL's name of the cipher suite.
    package var cipher: String
    /// What ALPN chose; nil if it was not used.
    package var applicationProtocol: String?
    /// The host name the client asked for through SNI; as the peer wrote it, unchecked.
    package var requestedHost: String?
    /// The subject of the peer's verified certificate; nil if it sent none.
    package var peerSubject: String?
    /// Whether an earlier session was taken up again.
    package var isResumed: Bool

    package init(
        version: TLSVersion?,
        cipher: String,
        applicationProtocol: String? = nil,
        requestedHost: String? = nil,
        peerSubject: String? = nil,
        isResumed: Bool = false
    ) {
        self.version = version
        self.cipher = cipher
        self.applicationProtocol = applicationProtocol
        self.requestedHost = requestedHost
        self.peerSubject = peerSubject
        self.isResumed = isResumed
    }
}
