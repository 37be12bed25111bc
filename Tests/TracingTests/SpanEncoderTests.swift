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
            attributes: [
                .init("t", .text("x")), .init("n", .number(-3)), .init("d", .decimal(0.5)), .init("f", .flag(true)),
                .init("l", .texts(["a", "b"])),
            ],
            isError: true
        )
        let request = try Otlp_ExportRequest(serializedBytes: encoder.body([span]))
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
        let values: [Span.Value] = [
            .text(""), .text(long), .number(0), .number(.min), .decimal(-0.0), .flag(false), .texts([]),
            .texts(["", long]),
        ]
        var spans: [Span] = []
        for count in 0...values.count {
            spans.append(
                Span(
                    traceID: .random(),
                    parent: count == 0 ? nil : .random(),
                    state: count == 1 ? "a=b" : nil,
                    name: "span \(count)",
                    start: 5,
                    end: .max,
                    attributes: values.prefix(count).map { Span.Attribute("name", $0) },
                    isError: count == 2
                )
            )
        }
        for sent in [[], Array(spans.prefix(1)), spans] {
            let body = encoder.body(sent)
            let request = try Otlp_ExportRequest(serializedBytes: body)
            let again: [UInt8] = try request.serializedBytes()
            // The bytes themselves would be pages of a log.
            let isSame = again == body
            #expect(isSame, "\(sent.count) spans")
            #expect(request.resourceSpans.first?.scopeSpans.first?.spans.count == sent.count)
        }
    }

    @Test func `a span never ends before it begins`() throws {
        let span = Span(traceID: .random(), parent: nil, name: "a", start: 5, end: 1)
        #expect(span.end == 5)
    }
}
