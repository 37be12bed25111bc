import NIOHTTP1

/// A request head that may be acted upon.
struct CheckedRequest {
    /// The target normalised; without hop-by-hop fields, framing, and the fields that only we may set.
    var head: HTTPRequestHead
    var framing: BodyFraming
    var expectsContinue: Bool
    /// The client is content to send another request on this connection.
    var isKeepAlive: Bool
}

/// Refuses requests that another HTTP reader could understand differently, and drops what must not travel on.
///
/// The parser has refused bare line feeds, folded lines, and spaces before a colon already. What is left are heads that
/// are well-formed and still ambiguous, which is what request smuggling is made of.
enum HeaderHygiene {
    static func check(_ head: HTTPRequestHead, limits: ProxyLimits) throws(ProxyError) -> CheckedRequest {
        guard head.version.major == 1, head.version.minor <= 1 else { throw .versionNotSupported }
        if [.CONNECT, .TRACE].contains(head.method) { throw .methodNotAllowed }
        guard head.uri.utf8.count <= limits.uriBytes else { throw .uriTooLong(limits) }
        guard head.headers.count <= limits.headerCount else { throw .tooManyHeaders(limits) }
        try Self.checkFields(head.headers)
        let framing = try BodyFraming(head)
        let target = try RequestTarget(head.uri)
        try Self.checkHost(head, target)
        let expectsContinue = try Self.expectsContinue(head)
        let listed = HopByHop.listed(in: head.headers)
        let asksForUpgrade = listed?.contains("upgrade") ?? false || head.headers.contains(name: "upgrade")

        var checked = head
        checked.uri = target.uri
        checked.headers = Self.keep(head.headers, listed: listed)
        return CheckedRequest(
            head: checked,
            framing: framing,
            expectsContinue: expectsContinue,
            // After a request that asks for another protocol the parser takes the rest of the connection for that
            // protocol. The request itself is served as if it had not asked (RFC 9110, 7.8).
            isKeepAlive: head.isKeepAlive && head.version.minor == 1 && !asksForUpgrade
        )
    }

    private static func checkFields(_ headers: HTTPHeaders) throws(ProxyError) {
        var seen: UInt64 = 0
        for (name, value) in headers {
            guard FieldSyntax.isName(name), FieldSyntax.isValue(value) else { throw .badHeader }
            // Servers that map fields to variables cannot tell `a_b` from `a-b`.
            if name.utf8.contains(UInt8(ascii: "_")) { throw .underscoreHeader }
            guard let field = KnownField(name), field.isSingle else { continue }
            let bit = UInt64(1) << UInt64(field.rawValue)
            if seen & bit != 0 { throw .duplicateHeader }
            seen |= bit
        }
    }

    private static func checkHost(_ head: HTTPRequestHead, _ target: RequestTarget) throws(ProxyError) {
        let hosts = head.headers["host"]
        guard hosts.count <= 1 else { throw .duplicateHeader }
        guard let host = hosts.first else {
            if head.version.minor == 0 { return }
            throw .missingHost
        }
        guard FieldSyntax.isAuthority(host) else { throw .badHost }
        if let authority = target.authority, authority.lowercased() != host.lowercased() { throw .hostMismatch }
    }

    private static func expectsContinue(_ head: HTTPRequestHead) throws(ProxyError) -> Bool {
        guard let expectation = head.headers.first(name: "expect"), head.version.minor > 0 else { return false }
        guard expectation.lowercased() == "100-continue" else { throw .expectationFailed }
        return true
    }

    private static func keep(_ headers: HTTPHeaders, listed: Set<String>?) -> HTTPHeaders {
        var kept = HTTPHeaders()
        kept.reserveCapacity(headers.count)
        for (name, value) in headers {
            if let field = KnownField(name),
                field.isHopByHop || field.isForwarders || field == .expect || field == .contentLength
            {
                continue
            }
            if listed?.contains(name.lowercased()) ?? false { continue }
            kept.add(name: name, value: value)
        }
        return kept
    }
}
