/// Reads of an OTLP/HTTP export request what has to be counted: the identifiers of its spans that answer requests, and how many
/// spans there are (opentelemetry/proto/trace/v1: `resource_spans` 1, `scope_spans` 2, `spans` 2, `span_id` 2, `kind` 6).
///
/// Written apart from what the gateway writes with, so that the two cannot be wrong in the same way.
struct SpanWalk {
    private(set) var spans = 0
    /// `span_id` of those of the kind `SPAN_KIND_SERVER`, which is 2.
    private(set) var servers: [UInt64] = []

    /// nil for what is no such request.
    init?(_ request: [UInt8]) {
        guard descend(request[...], [1, 2, 2]) else { return nil }
    }

    /// - Parameter fields: the numbers of the fields that lead from a message to the spans in it.
    private mutating func descend(_ message: ArraySlice<UInt8>, _ fields: ArraySlice<UInt64>) -> Bool {
        guard let field = fields.first else { return addSpan(message) }
        return Self.fields(of: message, { number, part in number != field || descend(part, fields.dropFirst()) })
    }

    private mutating func addSpan(_ span: ArraySlice<UInt8>) -> Bool {
        var id: UInt64 = 0
        var kind: UInt64 = 0
        let isWhole = Self.fields(
            of: span,
            { number, part in
                if number == 2 { id = part.reduce(0) { $0 << 8 | UInt64($1) } }
                return true
            },
            number: { if $0 == 6 { kind = $1 } }
        )
        guard isWhole else { return false }
        spans += 1
        if kind == 2 { servers.append(id) }
        return true
    }

    /// Goes through a message ("Encoding", protobuf.dev).
    ///
    /// - Returns: whether it is whole, and `body` said so of each part that has a length.
    private static func fields(
        of message: ArraySlice<UInt8>,
        _ body: (_ number: UInt64, _ part: ArraySlice<UInt8>) -> Bool,
        number: (_ number: UInt64, _ value: UInt64) -> Void = { _, _ in }
    ) -> Bool {
        var rest = message
        while !rest.isEmpty {
            guard let tag = variable(&rest) else { return false }
            switch tag & 7 {
            case 0:
                guard let value = variable(&rest) else { return false }
                number(tag >> 3, value)
            case 1, 5:
                let width = tag & 7 == 1 ? 8 : 4
                guard rest.count >= width else { return false }
                rest.removeFirst(width)
            case 2:
                guard let length = variable(&rest), length <= UInt64(rest.count) else { return false }
                guard body(tag >> 3, rest.prefix(Int(length))) else { return false }
                rest.removeFirst(Int(length))
            default: return false
            }
        }
        return true
    }

    private static func variable(_ rest: inout ArraySlice<UInt8>) -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard let byte = rest.popFirst() else { return nil }
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
        }
        return nil
    }
}
