import NIOHTTP1

/// How a request says where its body ends (RFC 9112, 6.3).
enum BodyFraming: Equatable {
    case none
    case length(Int)
    case chunked

    /// Reads the framing of a request, refusing whatever two readers could measure differently.
    init(_ head: HTTPRequestHead) throws(ProxyError) {
        let codings = head.headers["transfer-encoding"]
        let lengths = head.headers["content-length"]
        guard codings.isEmpty || lengths.isEmpty else { throw .conflictingFraming }
        if let coding = codings.first {
            guard codings.count == 1, coding.lowercased() == "chunked", head.version.minor > 0 else {
                throw .badTransferEncoding
            }
            self = .chunked
        } else if let length = lengths.first {
            guard lengths.count == 1, let count = Self.decimal(length) else { throw .badContentLength }
            self = count == 0 ? .none : .length(count)
        } else {
            self = .none
        }
    }

    /// `Int(_:)` would accept a sign.
    static func decimal(_ text: String) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
        return Int(text)
    }
}
