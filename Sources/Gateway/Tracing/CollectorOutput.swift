import Audit
import Tracing

/// Sends lines of the audit log to an OpenTelemetry collector, each as a log record whose body is the line.
///
/// The line is whole, so the chain can be checked from what the collector stored.
final class CollectorOutput: AuditOutput {
    private let client: CollectorClient
    private let exporter: LogExporter

    init(_ client: CollectorClient, _ exporter: LogExporter) {
        self.client = client
        self.exporter = exporter
    }

    /// What tries to send until the collector took or refused the lines.
    static func exporter(_ client: CollectorClient) -> LogExporter {
        let encoder = LogEncoder(client.source)
        return LogExporter { lines in
            guard let body = try? encoder.body(lines) else { return .unacceptable }
            return client.sendWaiting(body)
        }
    }

    var longestBatch: Int { 512 }
    var isRemote: Bool { true }

    func write(_ line: [UInt8], event: String) -> Bool {
        exporter.deliver(line.split(separator: UInt8(ascii: "\n")).map { Self.record($0, event: event) })
    }

    var refusesForGood: Bool { exporter.refusesForGood }

    func turnedAway() -> Int { exporter.takeRejected() }

    func close() { client.shutDown() }

    /// - Parameter line: without its line feed.
    static func record(_ line: ArraySlice<UInt8>, event: String) -> LogLine {
        let head = LineHead(line)
        let (nanoseconds, overflow) = (head.time ?? .now()).millisecondsSinceEpoch.multipliedReportingOverflow(
            by: 1_000_000
        )
        return LogLine(
            time: overflow ? .max : nanoseconds,
            severity: event == "lost" ? .warning : .info,
            event: "guardian.audit.\(event)",
            text: String(decoding: line, as: UTF8.self),
            attributes: head.requestID.map { [.init("guardian.request_id", $0)] } ?? [],
            traceID: head.traceID.flatMap { TraceID(hexadecimal: $0) },
            spanID: head.spanID.flatMap { SpanID(hexadecimal: $0) }
        )
    }
}
