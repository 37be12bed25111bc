import COpenSSL

extension TLSError {
    /// What the errors of a failed handshake mean.
    static func duringHandshake(_ errors: [OpenSSLErrorQueue.Entry]) -> TLSError {
        for error in errors where error.library == ERR_LIB_SSL {
            switch error.reason {
            case SSL_R_HTTP_REQUEST, SSL_R_HTTPS_PROXY_REQUEST, SSL_R_WRONG_VERSION_NUMBER:
                return .notTLS(reason: error.text)
            case SSL_R_NO_APPLICATION_PROTOCOL:
                return .noApplicationProtocol
            case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
                return .peerVerificationFailed(.noCertificate)
            default:
                if let name = Self.alertName(error) { return .alertReceived(name) }
            }
        }
        return .handshakeFailed(reason: Self.text(errors))
    }

    /// What the errors of a failed read or write mean.
    static func afterHandshake(_ errors: [OpenSSLErrorQueue.Entry]) -> TLSError {
        for error in errors {
            if let name = Self.alertName(error) { return .alertReceived(name) }
        }
        return .protocolViolation(reason: Self.text(errors))
    }

    /// OpenSSL tells an alert of the peer as a reason above 1000.
    private static func alertName(_ error: OpenSSLErrorQueue.Entry) -> String? {
        let alert = error.reason - SSL_AD_REASON_OFFSET
        guard error.library == ERR_LIB_SSL, (0...255).contains(alert) else { return nil }
        // OpenSSL 3.0 has no description of some alerts of TLS 1.3, but it has one of the error they become.
        let description = String(cString: SSL_alert_desc_string_long(alert))
        return description == "unknown" ? error.text : description
    }

    private static func text(_ errors: [OpenSSLErrorQueue.Entry]) -> String {
        errors.isEmpty ? "no reason given" : errors.map(\.text).joined(separator: "; ")
    }
}
