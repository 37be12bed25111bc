import NIOHTTP1

/// Fields that belong to one connection and are never passed on (RFC 9110, 7.6.1), whether empty or not.
enum HopByHop {
    private static let names: Set<String> = [
        "connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization",
        "proxy-authentication-info", "te", "trailer", "transfer-encoding", "upgrade", "http2-settings",
    ]

    /// The lower-case names that a message's `Connection` fields list.
    static func listed(in headers: HTTPHeaders) -> Set<String> {
        Set(headers[canonicalForm: "connection"].map { $0.lowercased() })
    }

    /// The fields that may travel on.
    static func strip(_ headers: HTTPHeaders) -> HTTPHeaders {
        let listed = Self.listed(in: headers)
        var kept = HTTPHeaders()
        kept.reserveCapacity(headers.count)
        for (name, value) in headers {
            let lower = name.lowercased()
            if Self.names.contains(lower) || listed.contains(lower) { continue }
            kept.add(name: name, value: value)
        }
        return kept
    }
}
