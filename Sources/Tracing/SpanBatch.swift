/// The spans of one exchange, written already as they will be sent.
///
/// A gateway makes half a dozen for each exchange. Kept as values with lists of attributes until a batch goes out they cost
/// more than to write them at once.
package struct SpanBatch: Sendable {
    /// `ScopeSpans.spans`, a field for each (opentelemetry/proto/trace/v1).
    var writer: WireWriter { attributes.writer }
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
        let count = value.utf8.count
        begin(name, WireWriter.beginning(1, length: count) + count)
        writer.text(1, value)
    }

    package mutating func flag(_ name: StaticString, _ value: Bool) {
        begin(name, 2)
        writer.number(2, value ? 1 : 0)
    }

    package mutating func number(_ name: StaticString, _ value: Int) {
        let value = UInt64(bitPattern: Int64(value))
        begin(name, 1 + WireWriter.width(value))
        writer.number(3, value)
    }

    package mutating func decimal(_ name: StaticString, _ value: Double) {
        begin(name, 9)
        writer.fixed(4, value.bitPattern)
    }

    package mutating func texts(_ name: StaticString, _ values: [String]) {
        writer.message(9) { writer in
            writer.text(1, name)
            writer.message(2) { writer in
                writer.message(5) { writer in
                    for value in values { writer.message(1) { $0.text(1, value) } }
                }
            }
        }
    }

    /// The name, and how long the value is that is to follow: nothing has to be moved then.
    private mutating func begin(_ name: StaticString, _ length: Int) {
        let key = name.utf8CodeUnitCount
        let whole =
            WireWriter.beginning(1, length: key) + key + WireWriter.beginning(2, length: length) + length
        writer.begin(9, length: whole)
        writer.text(1, name)
        writer.begin(2, length: length)
    }
}
