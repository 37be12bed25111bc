/// A piece of work within a trace, finished. Its attributes are written as it is added to a `SpanBatch`.
package struct Span: Sendable, Equatable {
    /// The numbers are OpenTelemetry's.
    package enum Kind: Int, Sendable {
        case inside = 1
        /// Answers a request from elsewhere.
        case server = 2
        /// Sends a request elsewhere.
        case client = 3
    }

    package var traceID: TraceID
    package var id: SpanID
    /// nil for the first of a trace.
    package var parent: SpanID?
    /// The `tracestate` that the trace came with.
    package var state: String?
    package var name: String
    package var kind: Kind
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    package var start: Int64
    /// Likewise; not before `start`.
    package var end: Int64
    /// Whether the work failed; why is an attribute.
    package var isError: Bool

    package init(
        traceID: TraceID,
        id: SpanID = .random(),
        parent: SpanID?,
        state: String? = nil,
        name: String,
        kind: Kind = .inside,
        start: Int64,
        end: Int64,
        isError: Bool = false
    ) {
        self.traceID = traceID
        self.id = id
        self.parent = parent
        self.state = state
        self.name = name
        self.kind = kind
        self.start = start
        self.end = max(start, end)
        self.isError = isError
    }
}
