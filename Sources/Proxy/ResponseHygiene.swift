import NIOHTTP1

/// What is dropped from an upstream's answer before anybody sees it.
enum ResponseHygiene {
    /// `alt-svc` would send the client around the proxy; framing is set anew for the client's connection.
    private static let dropped = ["content-length", "alt-svc", "x-request-id"]

    /// Cleans the head of an answer. Returns the length of its body in bytes, if it said so.
    static func clean(_ head: inout HTTPResponseHead) -> Int? {
        let length = head.headers.first(name: "content-length").flatMap(BodyFraming.decimal)
        var headers = HopByHop.strip(head.headers)
        for name in Self.dropped {
            headers.remove(name: name)
        }
        head.headers = headers
        return length
    }

    /// True for a content coding that a reader of the body would have to undo.
    static func isEncoded(_ headers: HTTPHeaders) -> Bool {
        headers[canonicalForm: "content-encoding"].contains { $0.lowercased() != "identity" }
    }

    /// A copy without the fields that no header field may look like, for heads that did not come from a parser.
    static func wellFormed(_ headers: HTTPHeaders) -> HTTPHeaders {
        if headers.allSatisfy({ FieldSyntax.isName($0.name) && FieldSyntax.isValue($0.value) }) { return headers }
        return HTTPHeaders(headers.filter { FieldSyntax.isName($0.name) && FieldSyntax.isValue($0.value) })
    }
}
