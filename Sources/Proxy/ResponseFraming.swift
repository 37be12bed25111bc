import NIOHTTP1

/// How an answer on HTTP/1 says where its body ends (RFC 9112, 6.3; RFC 9110, 8.6).
enum ResponseFraming: Equatable {
    /// No body follows. A length may still be told, as in the answer to HEAD.
    case none(told: Int?)
    case length(Int)
    case chunked
    /// The end of the connection is the end of the body: HTTP/1.0 knows no other way.
    case untilClose

    /// - Parameter length: of the body in bytes; nil if it is not known yet.
    init(method: HTTPMethod, version: HTTPVersion, status: HTTPResponseStatus, length: Int?) {
        switch (method, status.code) {
        case (_, 100..<200), (_, 204): self = .none(told: nil)
        case (.HEAD, _), (_, 304): self = .none(told: length)
        default:
            if let length {
                self = .length(length)
            } else {
                self = version.minor > 0 ? .chunked : .untilClose
            }
        }
    }

    var hasBody: Bool {
        if case .none = self { false } else { true }
    }
}
