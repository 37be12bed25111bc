import Dispatch
import Foundation

/// The signals a server acts on, as a stream.
enum ServerSignal: Sendable {
    /// SIGTERM or SIGINT: finish what is under way and end.
    case stop
    /// SIGHUP: read the policy and the certificates again.
    case reload

    /// Begins to catch the signals; they no longer end the process.
    static func stream() -> AsyncStream<ServerSignal> {
        AsyncStream { continuation in
            let sources = [(SIGTERM, ServerSignal.stop), (SIGINT, .stop), (SIGHUP, .reload)].map { number, meaning in
                signal(number, SIG_IGN)
                let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
                source.setEventHandler { continuation.yield(meaning) }
                source.activate()
                return SignalSource(source: source)
            }
            continuation.onTermination = { _ in
                for source in sources { source.cancel() }
            }
        }
    }

    /// Dispatch sources may be cancelled from any thread; the type does not say so on Linux.
    private struct SignalSource: @unchecked Sendable {
        let source: any DispatchSourceSignal

        func cancel() { source.cancel() }
    }
}
