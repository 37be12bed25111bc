/// A request target in the one form that is forwarded: origin form, without anything that two readers could resolve to
/// two paths (RFC 9112, 3.2; RFC 3986, 6.2.2).
///
/// Runs of slashes are merged and escapes of unreserved characters resolved, since clients with a sloppy base URL send
/// them. Dot segments, encoded slashes and backslashes are refused: no client of an API needs them, and they are how
/// a route policy is dodged.
struct RequestTarget: Equatable {
    /// Path and query as they are forwarded.
    let uri: String
    /// The authority of a target in absolute form; nil for origin form.
    let authority: String?

    init(_ raw: String) throws(ProxyError) {
        var rest = Substring(raw).utf8
        guard rest.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else { throw .badTarget }
        if rest.first == UInt8(ascii: "/") {
            self.authority = nil
        } else {
            guard let authority = Self.takeAuthority(&rest) else { throw .badTarget }
            self.authority = authority
        }
        let end = rest.firstIndex(of: UInt8(ascii: "?")) ?? rest.endIndex
        let path = try Self.normalise(rest[..<end])
        let query = rest[end...]
        guard !query.contains(UInt8(ascii: "#")) else { throw .badTarget }
        self.uri = String(decoding: path, as: UTF8.self) + String(decoding: query, as: UTF8.self)
    }

    /// Cuts `http://authority` off an absolute target.
    private static func takeAuthority(_ rest: inout Substring.UTF8View) -> String? {
        let text = Substring(rest)
        guard let scheme = ["http://", "https://"].first(where: { text.lowercased().hasPrefix($0) }) else { return nil }
        let tail = text.utf8.dropFirst(scheme.utf8.count)
        let end = tail.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? tail.endIndex
        guard end != tail.startIndex else { return nil }
        rest = tail[end...]
        return String(Substring(tail[..<end]))
    }

    private static func normalise(_ path: Substring.UTF8View) throws(ProxyError) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(path.count + 1)
        result.append(UInt8(ascii: "/"))
        var index = path.startIndex
        while index < path.endIndex {
            var byte = path[index]
            index = path.index(after: index)
            switch byte {
            case UInt8(ascii: "/"):
                if result.last == UInt8(ascii: "/") { continue }
                try Self.endSegment(result)
            case UInt8(ascii: "%"):
                let escape = path[index...].prefix(2)
                guard escape.count == 2, let value = Self.value(ofHex: escape) else { throw .badTarget }
                guard value > 0x1f, value != 0x7f, ![UInt8(ascii: "/"), UInt8(ascii: "\\")].contains(value) else {
                    throw .badTarget
                }
                index = escape.endIndex
                if !Self.isUnreserved(value) {
                    result.append(byte)
                    result.append(contentsOf: escape)
                    continue
                }
                byte = value
            case UInt8(ascii: "\\"), UInt8(ascii: "#"):
                throw .badTarget
            default:
                break
            }
            result.append(byte)
        }
        try Self.endSegment(result)
        return result
    }

    /// Refuses a path whose last segment so far is `.` or `..`, also with parameters after it: some servers cut those.
    private static func endSegment(_ path: [UInt8]) throws(ProxyError) {
        let segment = path[(path.lastIndex(of: UInt8(ascii: "/")) ?? 0)...].dropFirst()
        let name = segment.prefix { $0 != UInt8(ascii: ";") }
        if (1...2).contains(name.count), name.allSatisfy({ $0 == UInt8(ascii: ".") }) { throw .badTarget }
    }

    private static func value(ofHex digits: Substring.UTF8View) -> UInt8? {
        guard digits.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }) else { return nil }
        return UInt8(Substring(digits), radix: 16)
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            return true
        default:
            return false
        }
    }
}
