import Synchronization

/// Collects a text that is written on one thread and read on another.
final class TextSink: Sendable {
    private let state = Mutex("")

    var text: String { state.withLock { $0 } }

    func append(_ text: String) { state.withLock { $0 += text } }
}
