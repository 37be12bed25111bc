/// The spans of one exchange, written already as they will be sent.
///
/// A gateway makes half a dozen for each exchange. Kept as values with lists of attributes until a batch goes out they cost
/// more than to write them at once.
package struct SpanBatch: Sendable {
    /// `ScopeSpans.spans`, a field for each (opentelemetry/proto/trace/v1).
    var bytes: [UInt8] { attributes.writer.bytes }
    package private(set) var count = 0
    private var attributes = SpanAttributes(writer: WireWriter(capacity: 1536))

    package init() {}

    /// - Parameter write: writes the span's attributes.
    package mutating func add(_ span: Span, _ write: (inout SpanAttributes) -> Void = { _ in }) {
        count += 1
        let start = attributes.writer.open(2)
        attributes.writer.bigEndian(1, span.traceID.high, span.traceID.low)
        attributes.writer.bigEndian(2, span.id.value)
        if let state = span.state { attributes.writer.text(3, state) }
        if let parent = span.parent { attributes.writer.bigEndian(4, parent.value) }
        attributes.writer.text(5, span.name)
        attributes.writer.number(6, UInt64(span.kind.rawValue))
        attributes.writer.fixed(7, UInt64(clamping: span.start))
        attributes.writer.fixed(8, UInt64(clamping: span.end))
        write(&attributes)
        // 2 is STATUS_CODE_ERROR; unset says that nothing is known to be wrong.
        if span.isError { attributes.writer.message(15) { $0.number(3, 2) } }
        // Only spans of sampled traces are exported.
        attributes.writer.fixed(16, 1 as UInt32)
        attributes.writer.close(start)
    }
}

/// Takes what is known of a span beside its name and times (`Span.attributes`, of `KeyValue` in common/v1).
package struct SpanAttributes: Sendable {
    fileprivate var writer: WireWriter

    package mutating func text(_ name: StaticString, _ value: String) {
        pair(name) { $0.text(1, value) }
    }

    package mutating func flag(_ name: StaticString, _ value: Bool) {
        pair(name) { $0.number(2, value ? 1 : 0) }
    }

    package mutating func number(_ name: StaticString, _ value: Int) {
        pair(name) { $0.number(3, UInt64(bitPattern: Int64(value))) }
    }

    package mutating func decimal(_ name: StaticString, _ value: Double) {
        pair(name) { $0.fixed(4, value.bitPattern) }
    }

    package mutating func texts(_ name: StaticString, _ values: [String]) {
        pair(name) { writer in
            writer.message(5) { writer in
                for value in values { writer.message(1) { $0.text(1, value) } }
            }
        }
    }

    private mutating func pair(_ name: StaticString, _ value: (inout WireWriter) -> Void) {
        writer.message(9) { writer in
            writer.text(1, name)
            writer.message(2, value)
        }
    }
}
