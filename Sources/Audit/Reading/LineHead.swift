/// What the first members of a line say, for places that keep these apart from the line.
///
/// Read are members with plain words only, in the order they are written in; the rest of the line is not looked at.
package struct LineHead: Sendable, Equatable {
    package private(set) var event: String?
    package private(set) var time: AuditTime?
    package private(set) var requestID: String?
    /// 32 hexadecimal digits.
    package private(set) var traceID: String?
    /// 16 hexadecimal digits.
    package private(set) var spanID: String?

    /// Bytes of a line that are read.
    private static let limit = 1024

    package init(_ line: some Collection<UInt8>) {
        var rest = line.prefix(Self.limit)
        guard rest.first == UInt8(ascii: "{") else { return }
        repeat {
            rest = rest.dropFirst()
            guard let key = Self.word(&rest), rest.first == UInt8(ascii: ":") else { return }
            rest = rest.dropFirst()
            guard let word = Self.word(&rest) else { return }
            switch key {
            case "event": event = word
            case "time": time = AuditTime(rfc3339: word)
            case "request_id": requestID = word
            case "trace_id": traceID = word
            case "span_id": spanID = word
            default: return
            }
        } while rest.first == UInt8(ascii: ",")
    }

    /// A text in quotes without an escape; nil if none stands here.
    private static func word<Line: Collection<UInt8>>(_ rest: inout Line) -> String? where Line.SubSequence == Line {
        guard rest.first == UInt8(ascii: "\"") else { return nil }
        let bytes = rest.dropFirst().prefix { $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
        guard bytes.endIndex < rest.endIndex, rest[bytes.endIndex] == UInt8(ascii: "\"") else { return nil }
        rest = rest[bytes.endIndex...].dropFirst()
        return String(decoding: bytes, as: UTF8.self)
    }
}
