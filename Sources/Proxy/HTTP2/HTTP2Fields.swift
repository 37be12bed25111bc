import NIOHPACK
import NIOHTTP1

/// Turns header blocks of HTTP/2 into the heads that the rest of the proxy reads, and back.
///
/// HTTP/2 carries names and values as counted bytes, so a client can put into them what HTTP/1 could not hold. Whatever
/// would read otherwise once it is written as HTTP/1.1 for the upstream is refused here or by `HeaderHygiene`, which sees
/// every head whatever it came from.
enum HTTP2Fields {
    /// Reads the head of a request, as HTTP/1.1 would have it.
    ///
    /// - Parameters:
    ///   - block: its fields are valid by RFC 9113, 8.2 and 8.3: one each of the pseudo-fields, names in lower case, no
    ///     field that concerns a connection.
    ///   - isWhole: true if nothing follows the head.
    static func request(_ block: HPACKHeaders, isWhole: Bool) throws(ProxyError) -> HTTPRequestHead {
        var headers = HTTPHeaders()
        headers.reserveCapacity(block.count + 1)
        var method = ""
        var path = ""
        var cookies: [String] = []
        var authority: String?
        var hasLength = false
        for (name, value, _) in block {
            switch name {
            case ":method": method = value
            case ":path": path = value
            case ":authority":
                authority = value
                // First, as RFC 9110, 7.2 asks.
                headers.add(name: "host", value: value)
            case ":scheme":
                guard value == "https" || value == "http" else { throw .badTarget }
            case "host":
                // RFC 9113, 8.3.1: both may be there, and must agree.
                guard let authority else {
                    headers.add(name: name, value: value)
                    continue
                }
                if authority.lowercased() != value.lowercased() { throw .hostMismatch }
            case "cookie":
                cookies.append(value)
            default:
                if name.utf8.first == UInt8(ascii: ":") { throw .malformedRequest }
                if name == "content-length" { hasLength = true }
                headers.add(name: name, value: value)
            }
        }
        // A method is written into the request line, where a space or a line feed would end it.
        guard FieldSyntax.isName(method) else { throw .malformedRequest }
        // Absolute and asterisk form are no paths in HTTP/2.
        guard path.utf8.first == UInt8(ascii: "/") else { throw .badTarget }
        // Pieces of one field (RFC 9113, 8.2.3).
        if !cookies.isEmpty { headers.add(name: "cookie", value: cookies.joined(separator: "; ")) }
        if !isWhole, !hasLength { headers.add(name: "transfer-encoding", value: "chunked") }
        return HTTPRequestHead(
            version: .http1_1,
            method: HTTPMethod(rawValue: method),
            uri: path,
            headers: headers
        )
    }

    /// Writes the head of an answer.
    ///
    /// - Parameters:
    ///   - head: without hop-by-hop and framing fields.
    ///   - framing: how the body would be measured in HTTP/1; only its length is told.
    static func response(_ head: HTTPResponseHead, framing: ResponseFraming) -> HPACKHeaders {
        var block = HPACKHeaders()
        block.reserveCapacity(head.headers.count + 2)
        block.add(name: ":status", value: String(head.status.code))
        switch framing {
        case .none(let length?), .length(let length): block.add(name: "content-length", value: String(length))
        case .none(nil), .chunked, .untilClose: break
        }
        for (name, value) in head.headers {
            let name = name.lowercased()
            switch name {
            case "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "content-length":
                continue
            default: block.add(name: name, value: value)
            }
        }
        return block
    }
}
