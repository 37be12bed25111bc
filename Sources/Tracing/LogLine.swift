/// A line of a log, as OpenTelemetry's log record has it.
package struct LogLine: Sendable, Equatable {
    /// The numbers are OpenTelemetry's.
    package enum Severity: Int, Sendable {
        case info = 9
        case warning = 13

        var text: String { self == .info ? "INFO" : "WARN" }
    }

    package struct Attribute: Sendable, Equatable {
        package var name: String
        package var value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// Nanoseconds since 1970-01-01T00:00:00Z.
    package var time: Int64
    package var severity: Severity
    /// What kind of line it is, by a fixed word.
    package var event: String
    /// Without its line feed.
    package var text: String
    package var attributes: [Attribute]
    package var traceID: TraceID?
    package var spanID: SpanID?

    package init(
        time: Int64,
        severity: Severity = .info,
        event: String,
        text: String,
        attributes: [Attribute] = [],
        traceID: TraceID? = nil,
        spanID: SpanID? = nil
    ) {
        self.time = time
        self.severity = severity
        self.event = event
        self.text = text
        self.attributes = attributes
        self.traceID = traceID
        self.spanID = spanID
    }
}
