import Logging
import Synchronization

/// Counts what is logged as an error.
final class ErrorCounter: Sendable {
    private struct Handler: LogHandler {
        let counter: ErrorCounter
        var metadata = Logger.Metadata()
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            if event.level == .error { counter.state.withLock { $0 += 1 } }
        }
    }

    private let state = Mutex(0)

    var count: Int { state.withLock { $0 } }

    var logger: Logger { Logger(label: "test") { _ in Handler(counter: self) } }
}
