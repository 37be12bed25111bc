import Listening
import NIOHTTP1
import Proxy
import TLS

/// Who may read what the gateway recorded, and mark it.
///
/// People on the same host may; from elsewhere a token or a client certificate is asked for. A page of another site that the
/// operator's browser has open must not get through either: such a request names that site as its host, or its origin, or
/// cannot carry JSON.
struct AdminAccess: Sendable {
    /// SHA-256 of the token, as 64 lower-case hexadecimal digits.
    var tokenDigest: String?
    /// Whether a client certificate is asked for, which stands in for the token. The listener has seen to it that one that was shown
    /// is valid.
    var requiresCertificate = false

    /// Why a request is refused.
    struct Refusal: Error, Equatable {
        var status: HTTPResponseStatus
        var words: String
    }

    /// - Throws: `Refusal`.
    func check(_ head: HTTPRequestHead, from client: ClientInfo) throws(Refusal) {
        if requiresCertificate {
            guard client.hasCertificate else {
                throw Refusal(status: .unauthorized, words: "this needs a client certificate")
            }
        } else if !hasToken(head) {
            guard let address = IPAddress(client.address), address.isLoopback, tokenDigest == nil else {
                throw Refusal(
                    status: .unauthorized,
                    words: tokenDigest == nil
                        ? "from another host this needs 'token_sha256' or a client certificate: see 'admin' in the configuration"
                        : "this needs the token: send 'Authorization: Bearer TOKEN'"
                )
            }
            // A name that somebody else's server resolves to this host is not this host's.
            guard Self.isLocal(head.headers.first(name: "host") ?? "") else {
                throw Refusal(status: .forbidden, words: "without a token this is served under localhost only")
            }
        }
        guard head.method == .POST else { return }
        guard head.headers.first(name: "content-type")?.lowercased().hasPrefix("application/json") == true else {
            throw Refusal(status: .unsupportedMediaType, words: "the body must be application/json")
        }
        if let origin = head.headers.first(name: "origin") {
            let authority = origin.split(separator: "/", maxSplits: 2).last.map(String.init) ?? ""
            guard authority.lowercased() == head.headers.first(name: "host")?.lowercased() else {
                throw Refusal(status: .forbidden, words: "requests of other sites are not answered")
            }
        }
    }

    private func hasToken(_ head: HTTPRequestHead) -> Bool {
        guard let tokenDigest, let field = head.headers.first(name: "authorization") else { return false }
        let parts = field.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return false }
        // Hashes are compared, so that the time it takes tells nothing of the token.
        return (try? Digest.sha256Hex(of: Array(parts[1].utf8))) == tokenDigest
    }

    private static func isLocal(_ host: String) -> Bool {
        let name = host.hasPrefix("[") ? host.prefix { $0 != "]" } + "]" : host.prefix { $0 != ":" }
        return ["localhost", "127.0.0.1", "[::1]"].contains(name.lowercased())
    }
}

extension IPAddress {
    /// 127.0.0.0/8 and ::1 (RFC 6890).
    fileprivate var isLoopback: Bool { family == .v4 ? value >> 24 == 127 : value == 1 }
}
