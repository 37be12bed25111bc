/// Whether a peer is spoken to in HTTP/2.
package enum HTTP2Use: String, Sendable, Hashable, CaseIterable {
    case never
    /// Where ALPN agrees on it.
    case auto
    /// Whatever ALPN says, and in the clear without asking (RFC 9113, 3.3): for peers that are known to speak nothing else.
    case always
}
