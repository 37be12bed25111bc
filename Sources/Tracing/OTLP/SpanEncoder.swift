import SwiftProtobuf

/// Turns spans into the body of an OTLP/HTTP export request (OTLP specification 1.x, `/v1/traces`).
///
/// The numbers of fields are those of opentelemetry/proto/trace/v1 and common/v1.
package struct SpanEncoder: Sendable {
    /// `ResourceSpans.resource` and `ScopeSpans.scope`, written once.
    private let resource: [UInt8]
    private let scope: [UInt8]

    package init(_ source: ExportSource) {
        resource = Self.field(1, source.resource)
        scope = Self.field(1, source.scope)
    }

    package func body(_ spans: [Span]) -> [UInt8] {
        var records = WireWriter(capacity: spans.count * 384)
        for span in spans { records.message(2) { Self.write(span, to: &$0) } }
        let scopeSpans = scope.count + records.bytes.count
        let resourceSpans = resource.count + WireWriter.beginning(2, length: scopeSpans) + scopeSpans
        var request = WireWriter(capacity: resourceSpans + 32)
        request.begin(1, length: resourceSpans)
        request.raw(resource)
        request.begin(2, length: scopeSpans)
        request.raw(scope)
        request.raw(records.bytes)
        return request.bytes
    }

    private static func field(_ number: UInt64, _ message: some Message) -> [UInt8] {
        // Writing to memory what has no required fields cannot fail.
        let bytes: [UInt8] = (try? message.serializedBytes()) ?? []
        var writer = WireWriter()
        writer.begin(number, length: bytes.count)
        writer.raw(bytes)
        return writer.bytes
    }

    private static func write(_ span: Span, to writer: inout WireWriter) {
        writer.bigEndian(1, span.traceID.high, span.traceID.low)
        writer.bigEndian(2, span.id.value)
        if let state = span.state { writer.text(3, state) }
        if let parent = span.parent { writer.bigEndian(4, parent.value) }
        writer.text(5, span.name)
        writer.number(6, UInt64(span.kind.rawValue))
        writer.fixed(7, UInt64(clamping: span.start))
        writer.fixed(8, UInt64(clamping: span.end))
        for attribute in span.attributes {
            writer.message(9) { writer in
                writer.text(1, attribute.name)
                writer.message(2) { Self.write(attribute.value, to: &$0) }
            }
        }
        // 2 is STATUS_CODE_ERROR; unset says that nothing is known to be wrong.
        if span.isError { writer.message(15) { $0.number(3, 2) } }
        // Only spans of sampled traces are exported.
        writer.fixed(16, 1 as UInt32)
    }

    private static func write(_ value: Span.Value, to writer: inout WireWriter) {
        switch value {
        case .text(let text): writer.text(1, text)
        case .flag(let flag): writer.number(2, flag ? 1 : 0)
        case .number(let number): writer.number(3, UInt64(bitPattern: Int64(number)))
        case .decimal(let number): writer.fixed(4, number.bitPattern)
        case .texts(let texts):
            writer.message(5) { writer in
                for text in texts { writer.message(1) { $0.text(1, text) } }
            }
        }
    }
}
