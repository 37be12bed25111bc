/// How a request's body is packed, as its `Content-Encoding` says (RFC 9110, 8.4).
enum ContentCoding: Equatable {
    case none, gzip
    /// Another, or several.
    case unknown
}
