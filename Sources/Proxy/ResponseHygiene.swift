import NIOHTTP1

/// What is dropped from an upstream's answer before anybody sees it.
enum ResponseHygiene {
    /// Cleans the head of an answer: `alt-svc` would send the client around the proxy; framing is set anew for the client's
    /// connection.
    ///
    /// - Returns: the length of its body in bytes, if it said so.
    static func clean(_ head: inout HTTPResponseHead) -> Int? {
        let listed = HopByHop.listed(in: head.headers)
        var length: String?
        var kept = HTTPHeaders()
        // Room for what is added on the way.
        kept.reserveCapacity(head.headers.count + 4)
        for (name, value) in head.headers {
            let field = KnownField(name)
            if field == .contentLength, length == nil { length = value }
            if let field, field.isHopByHop || [.contentLength, .altSvc, .requestID].contains(field) { continue }
            if listed?.contains(name.lowercased()) ?? false { continue }
            kept.add(name: name, value: value)
        }
        head.headers = kept
        return length.flatMap(BodyFraming.decimal)
    }

    /// True for a content coding that a reader of the body would have to undo.
    static func isEncoded(_ headers: HTTPHeaders) -> Bool {
        headers.contains(name: "content-encoding")
            && headers[canonicalForm: "content-encoding"].contains { $0.lowercased() != "identity" }
    }

    /// How a body is packed.
    static func coding(_ headers: HTTPHeaders) -> ContentCoding {
        guard self.isEncoded(headers) else { return .none }
        let codings = headers[canonicalForm: "content-encoding"].map { $0.lowercased() }
        return codings == ["gzip"] || codings == ["x-gzip"] ? .gzip : .unknown
    }

    /// A copy without the fields that no header field may look like, for heads that did not come from a parser.
    static func wellFormed(_ headers: HTTPHeaders) -> HTTPHeaders {
        if headers.allSatisfy({ FieldSyntax.isName($0.name) && FieldSyntax.isValue($0.value) }) { return headers }
        return HTTPHeaders(headers.filter { FieldSyntax.isName($0.name) && FieldSyntax.isValue($0.value) })
    }
}
