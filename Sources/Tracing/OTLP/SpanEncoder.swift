import SwiftProtobuf

/// Puts spans together into the body of an OTLP/HTTP export request (OTLP specification 1.x, `/v1/traces`).
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

    package func body(_ batches: [SpanBatch]) -> [UInt8] {
        let scopeSpans = scope.count + batches.reduce(0) { $0 + $1.writer.count }
        let resourceSpans = resource.count + WireWriter.beginning(2, length: scopeSpans) + scopeSpans
        var request = WireWriter(capacity: resourceSpans + 32)
        request.begin(1, length: resourceSpans)
        request.raw(resource)
        request.begin(2, length: scopeSpans)
        request.raw(scope)
        for batch in batches { request.raw(batch.writer) }
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
}
