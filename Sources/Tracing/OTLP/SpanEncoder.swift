import SwiftProtobuf

/// Turns spans into the body of an OTLP/HTTP export request (OTLP specification 1.x, `/v1/traces`).
package struct SpanEncoder: Sendable {
    private let source: ExportSource

    package init(_ source: ExportSource) { self.source = source }

    package func body(_ spans: [Span]) throws -> [UInt8] {
        let request = Otlp_ExportRequest.with {
            $0.resourceSpans = [
                Otlp_ResourceSpans.with {
                    $0.resource = source.resource
                    $0.scopeSpans = [
                        Otlp_ScopeSpans.with {
                            $0.scope = source.scope
                            $0.spans = spans.map(Self.record)
                        }
                    ]
                }
            ]
        }
        return try request.serializedBytes()
    }

    private static func record(_ span: Span) -> Otlp_SpanRecord {
        Otlp_SpanRecord.with {
            $0.traceID = span.traceID.bytes
            $0.spanID = span.id.bytes
            if let parent = span.parent { $0.parentSpanID = parent.bytes }
            if let state = span.state { $0.traceState = state }
            $0.name = span.name
            $0.kind = Int32(span.kind.rawValue)
            $0.startTimeUnixNano = UInt64(clamping: span.start)
            $0.endTimeUnixNano = UInt64(clamping: span.end)
            $0.attributes = span.attributes.map { .pair($0.name, $0.value) }
            // 2 is STATUS_CODE_ERROR; unset says that nothing is known to be wrong.
            if span.isError { $0.status.code = 2 }
            // Only spans of sampled traces are exported.
            $0.flags = 1
        }
    }
}
