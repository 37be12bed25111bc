import Synchronization

/// Where a listener, or a client of some server, takes the context of each new connection from.
///
/// The context can be exchanged while connections are open: each keeps the one it began with to its end, so a new
/// certificate touches nobody who is connected.
package final class TLSContextSource: Sendable {
    private let context: Mutex<TLSContext>

    package init(_ context: TLSContext) {
        self.context = Mutex(context)
    }

    package var current: TLSContext {
        self.context.withLock { $0 }
    }

    /// The next connection begins with this.
    package func replace(with context: TLSContext) {
        self.context.withLock { $0 = context }
    }
}
