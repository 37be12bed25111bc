import SwiftProtobuf
import Testing

@testable import Tracing

/// Reads back with the same messages; that the wire is OpenTelemetry's is shown end to end with its own decoder.
@Suite struct LogEncoderTests {
    private let encoder = LogEncoder(ExportSource(service: "gate", instance: "i-1", version: "1"))

    @Test func `every part of a line is sent`() throws {
        let line = LogLine(
            time: 1_700_000_000_000_000_001,
            severity: .warning,
            event: "lost",
            text: #"{"event":"lost"}"#,
            attributes: [.init("a", "b")],
            traceID: TraceID(hexadecimal: "4bf92f3577b34da6a3ce929d0e0e4736"),
            spanID: SpanID(hexadecimal: "00f067aa0ba902b7")
        )
        let request = try Otlp_LogsRequest(
            serializedBytes: try encoder.body([line, LogLine(time: -1, event: "", text: "")])
        )
        let resource = try #require(request.resourceLogs.first)
        #expect(resource.resource.attributes.first { $0.key == "service.name" }?.value.stringValue == "gate")
        let records = try #require(resource.scopeLogs.first?.logRecords)
        let sent = try #require(records.first)
        #expect(sent.timeUnixNano == 1_700_000_000_000_000_001 && sent.observedTimeUnixNano == sent.timeUnixNano)
        #expect(sent.severityNumber == 13 && sent.severityText == "WARN" && sent.eventName == "lost")
        #expect(sent.body.stringValue == #"{"event":"lost"}"# && sent.attributes.map(\.key) == ["a"])
        #expect(sent.traceID.count == 16 && sent.traceID.first == 0x4b && Array(sent.spanID).last == 0xb7)
        #expect(records.count == 2 && records[1].traceID.isEmpty && records[1].timeUnixNano == 0)
    }
}
