import SwiftProtobuf

/// Turns lines of a log into the body of an OTLP/HTTP export request (OTLP specification 1.x, `/v1/logs`).
package struct LogEncoder: Sendable {
    private let source: ExportSource

    package init(_ source: ExportSource) { self.source = source }

    package func body(_ lines: [LogLine]) throws -> [UInt8] {
        let request = Otlp_LogsRequest.with {
            $0.resourceLogs = [
                Otlp_ResourceLogs.with {
                    $0.resource = source.resource
                    $0.scopeLogs = [
                        Otlp_ScopeLogs.with {
                            $0.scope = source.scope
                            $0.logRecords = lines.map(Self.record)
                        }
                    ]
                }
            ]
        }
        return try request.serializedBytes()
    }

    private static func record(_ line: LogLine) -> Otlp_LogRecord {
        Otlp_LogRecord.with {
            $0.timeUnixNano = UInt64(clamping: line.time)
            $0.observedTimeUnixNano = UInt64(clamping: line.time)
            $0.severityNumber = Int32(line.severity.rawValue)
            $0.severityText = line.severity.text
            $0.eventName = line.event
            $0.body.stringValue = line.text
            $0.attributes = line.attributes.map { .pair($0.name, $0.value) }
            if let trace = line.traceID { $0.traceID = trace.bytes }
            if let span = line.spanID { $0.spanID = span.bytes }
        }
    }
}
