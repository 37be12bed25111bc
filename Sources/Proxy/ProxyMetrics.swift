import Synchronization

/// What a proxy has counted since it started. Reading never stops the event loops.
package final class ProxyMetrics: Sendable {
    /// A count that all event loops add to.
    struct Counter: ~Copyable, Sendable {
        private let atomic = Atomic<Int>(0)

        var value: Int { self.atomic.load(ordering: .relaxed) }

        @discardableResult
        func add(_ count: Int) -> Int {
            self.atomic.add(count, ordering: .relaxed).newValue
        }
    }

    private struct Counts {
        var responses: [Int: Int] = [:]
        var errors: [String: Int] = [:]
    }

    let accepted = Counter()
    let open = Counter()
    let heads = Counter()
    let exchanges = Counter()
    let bytesIn = Counter()
    let bytesOut = Counter()
    let held = Counter()
    let handshakes = Counter()
    let failedHandshakes = Counter()
    private let counts = Mutex(Counts())

    package init() {}

    /// Connections accepted.
    package var connectionsAccepted: Int { self.accepted.value }
    /// Connections open now.
    package var connectionsOpen: Int { self.open.value }
    /// TLS handshakes that ended well, and that did not.
    package var handshakesCompleted: Int { self.handshakes.value }
    package var handshakesFailed: Int { self.failedHandshakes.value }
    /// Requests whose head was read, refused ones included.
    package var requests: Int { self.heads.value }
    /// Exchanges under way now.
    package var exchangesOpen: Int { self.exchanges.value }
    /// Body bytes received from clients.
    package var requestBytes: Int { self.bytesIn.value }
    /// Body bytes sent to clients.
    package var responseBytes: Int { self.bytesOut.value }
    /// Bytes of bodies that are held for inspection now.
    package var bufferedBytes: Int { self.held.value }
    /// Answers begun, by the first digit of their status: 2 for 200 to 299, and so on.
    package var responsesByClass: [Int: Int] { self.counts.withLock { $0.responses } }
    /// Errors by their fixed word.
    package var errors: [String: Int] { self.counts.withLock { $0.errors } }

    func countResponse(_ status: Int) {
        self.counts.withLock { $0.responses[status / 100, default: 0] += 1 }
    }

    func countError(_ code: String) {
        self.counts.withLock { $0.errors[code, default: 0] += 1 }
    }
}
