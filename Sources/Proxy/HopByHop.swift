import NIOHTTP1
import Upstream

/// Fields that belong to one connection and are never passed on (RFC 9110, 7.6.1): those known as such, whether empty or
/// not, and those that a message's `Connection` fields list.
enum HopByHop {
    /// The lower-case names that a message's `Connection` fields list; nil where they list none that
    /// would not be dropped anyway.
    static func listed(in headers: HTTPHeaders) -> Set<String>? {
        var isOnlyKeepAlive = true
        for (name, value) in headers where name.isField("connection") {
            isOnlyKeepAlive = isOnlyKeepAlive && value.isField("keep-alive")
        }
        // Most name this one, which is dropped whether listed or not.
        guard !isOnlyKeepAlive else { return nil }
        return Set(headers[canonicalForm: "connection"].map { $0.lowercased() })
    }

    /// The fields that may travel on.
    static func strip(_ headers: HTTPHeaders) -> HTTPHeaders {
        // What a `Connection` field lists is only to be looked for where there is one.
        guard headers.contains(where: { KnownField($0.name)?.isHopByHop ?? false }) else { return headers }
        let listed = Self.listed(in: headers)
        var kept = HTTPHeaders()
        kept.reserveCapacity(headers.count)
        for (name, value) in headers {
            if KnownField(name)?.isHopByHop ?? false || listed?.contains(name.lowercased()) ?? false { continue }
            kept.add(name: name, value: value)
        }
        return kept
    }
}
