import Upstream

/// The header fields that the proxy has rules for.
enum KnownField: UInt8 {
    // Of one connection.
    case connection, keepAlive, proxyConnection, proxyAuthenticate, proxyAuthorization, proxyAuthenticationInfo, te,
        trailer
    case transferEncoding, upgrade, http2Settings
    // Of one message.
    case host, contentLength, expect
    case authorization, contentEncoding, contentType, acceptEncoding
    // By which a proxy vouches for the client.
    case forwarded, forwardedFor, forwardedHost, forwardedProto, forwardedPort, forwardedPrefix, forwardedServer,
        forwardedSSL
    case realIP, requestID
    // By which some servers take a request for another than it is.
    case originalURL, rewriteURL, httpMethodOverride, httpMethod, methodOverride
    // By which a server sends clients elsewhere.
    case altSvc

    /// Nil for a name that there is no rule for.
    init?(_ name: String) {
        let candidates = Self.names[min(name.utf8.count, Self.names.count - 1)]
        guard let found = candidates.first(where: { name.isField($0.name) }) else { return nil }
        self = found.field
    }

    /// Never passed on, whether empty or not (RFC 9110, 7.6.1).
    var isHopByHop: Bool { self.rawValue <= Self.http2Settings.rawValue }

    /// A client cannot vouch for itself, and what was looked at is what is asked for.
    var isForwarders: Bool { (Self.forwarded.rawValue...Self.methodOverride.rawValue).contains(self.rawValue) }

    /// Would make one reader see another request than the next one if it came twice.
    var isSingle: Bool {
        switch self {
        case .authorization, .contentEncoding, .contentType, .expect, .acceptEncoding: true
        default: false
        }
    }

    /// By length.
    private static let names: [[(name: StaticString, field: KnownField)]] = {
        let all: [(name: StaticString, field: KnownField)] = [
            ("connection", .connection), ("keep-alive", .keepAlive), ("proxy-connection", .proxyConnection),
            ("proxy-authenticate", .proxyAuthenticate), ("proxy-authorization", .proxyAuthorization),
            ("proxy-authentication-info", .proxyAuthenticationInfo), ("te", .te), ("trailer", .trailer),
            ("transfer-encoding", .transferEncoding), ("upgrade", .upgrade), ("http2-settings", .http2Settings),
            ("host", .host), ("content-length", .contentLength), ("expect", .expect),
            ("authorization", .authorization), ("content-encoding", .contentEncoding), ("content-type", .contentType),
            ("accept-encoding", .acceptEncoding), ("forwarded", .forwarded), ("x-forwarded-for", .forwardedFor),
            ("x-forwarded-host", .forwardedHost), ("x-forwarded-proto", .forwardedProto),
            ("x-forwarded-port", .forwardedPort), ("x-forwarded-prefix", .forwardedPrefix),
            ("x-forwarded-server", .forwardedServer), ("x-forwarded-ssl", .forwardedSSL), ("x-real-ip", .realIP),
            ("x-request-id", .requestID), ("x-original-url", .originalURL), ("x-rewrite-url", .rewriteURL),
            ("x-http-method-override", .httpMethodOverride), ("x-http-method", .httpMethod),
            ("x-method-override", .methodOverride), ("alt-svc", .altSvc),
        ]
        let longest = all.map(\.name.utf8CodeUnitCount).max() ?? 0
        // The last list, of what is longer than any, is empty.
        return (0...longest + 1).map { length in all.filter { $0.name.utf8CodeUnitCount == length } }
    }()
}
