import COpenSSL

/// A version of TLS that a context may speak. Older ones are never offered (RFC 8996).
package enum TLSVersion: String, Sendable, Hashable, CaseIterable {
    /// TLS 1.2, RFC 5246.
    case tls12 = "1.2"
    /// TLS 1.3, RFC 8446.
    case tls13 = "1.3"

    /// The number that stands for the version on the wire and in OpenSSL.
    var wireValue: Int32 {
        switch self {
        case .tls12: TLS1_2_VERSION
        case .tls13: TLS1_3_VERSION
        }
    }

    init?(wireValue: Int32) {
        switch wireValue {
        case TLS1_2_VERSION: self = .tls12
        case TLS1_3_VERSION: self = .tls13
        default: return nil
        }
    }
}
