import SwiftProtobuf
import Testing

@testable import Tracing

/// Reads back with the same messages; that the wire is OpenTelemetry's is shown end to end with its own decoder.
@Suite struct SpanEncoderTests {
    private let encoder = SpanEncoder(ExportSource(service: "gate", instance: "i-1", version: "1"))

    @Test func `every part of a span is sent`() throws {
        let trace = try #require(TraceID(high: 0x4bf9_2f35_77b3_4da6, low: 1))
        let span = Span(
            traceID: trace,
            id: try #require(SpanID(0x00f0)),
            parent: SpanID(7),
            state: "a=b",
            name: "chat echo",
            kind: .client,
            start: 1_700_000_000_000_000_001,
            end: 1_700_000_000_000_000_005,
            isError: true
        )
        var batch = SpanBatch()
        batch.add(span) {
            $0.text("t", "x")
            $0.number("n", -3)
            $0.decimal("d", 0.5)
            $0.flag("f", true)
            $0.texts("l", ["a", "b"])
        }
        let request = try Otlp_ExportRequest(serializedBytes: encoder.body([batch]))
        let resource = try #require(request.resourceSpans.first)
        #expect(resource.resource.attributes.first { $0.key == "service.name" }?.value.stringValue == "gate")
        let sent = try #require(resource.scopeSpans.first?.spans.first)
        #expect(sent.traceID.map { $0 } == [0x4b, 0xf9, 0x2f, 0x35, 0x77, 0xb3, 0x4d, 0xa6, 0, 0, 0, 0, 0, 0, 0, 1])
        #expect(Array(sent.spanID) == [0, 0, 0, 0, 0, 0, 0, 0xf0] && sent.parentSpanID.last == 7)
        #expect(sent.traceState == "a=b" && sent.name == "chat echo" && sent.kind == 3)
        #expect(
            sent.startTimeUnixNano == 1_700_000_000_000_000_001 && sent.endTimeUnixNano - sent.startTimeUnixNano == 4
        )
        #expect(sent.status.code == 2)
        #expect(sent.attributes.map(\.key) == ["t", "n", "d", "f", "l"])
        #expect(sent.attributes[1].value.intValue == -3 && sent.attributes[4].value.arrayValue.values.count == 2)
    }

    /// What the messages write is what they read: not a byte more, and none elsewhere.
    @Test func `the bytes are those that the messages themselves write`() throws {
        let long = String(repeating: "ä", count: 9000)
        let writes: [(inout SpanAttributes) -> Void] = [
            { $0.text("name", "") }, { $0.text("name", long) }, { $0.number("name", 0) }, { $0.number("name", .min) },
            { $0.decimal("name", -0.0) }, { $0.flag("name", false) }, { $0.texts("name", []) },
            { $0.texts("name", ["", long]) },
        ]
        var batches: [SpanBatch] = []
        for count in 0...writes.count {
            let span = Span(
                traceID: .random(),
                parent: count == 0 ? nil : .random(),
                state: count == 1 ? "a=b" : nil,
                name: "span \(count)",
                start: 5,
                end: .max,
                isError: count == 2
            )
            var batch = SpanBatch()
            for _ in 0...count % 2 {
                batch.add(span) { attributes in
                    for write in writes.prefix(count) { write(&attributes) }
                }
            }
            batches.append(batch)
        }
        for sent in [[], Array(batches.prefix(1)), batches] {
            let body = encoder.body(sent)
            let request = try Otlp_ExportRequest(serializedBytes: body)
            let again: [UInt8] = try request.serializedBytes()
            // The bytes themselves would be pages of a log.
            let isSame = again == body
            #expect(isSame, "\(sent.count) batches")
            let count = sent.reduce(0) { $0 + $1.count }
            #expect(request.resourceSpans.first?.scopeSpans.first?.spans.count == count)
        }
    }

    @Test func `a span never ends before it begins`() throws {
        let span = Span(traceID: .random(), parent: nil, name: "a", start: 5, end: 1)
        #expect(span.end == 5)
    }
}
