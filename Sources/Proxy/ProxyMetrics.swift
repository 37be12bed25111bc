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

    let accepted = Counter()
    let open = Counter()
    let heads = Counter()
    let exchanges = Counter()
    let bytesIn = Counter()
    let bytesOut = Counter()
    let held = Counter()
    let handshakes = Counter()
    let failedHandshakes = Counter()
    private let informational = Counter()
    private let successful = Counter()
    private let redirects = Counter()
    private let clientErrors = Counter()
    private let serverErrors = Counter()
    private let errorCounts = Mutex<[String: Int]>([:])

    package init() {}

    /// Connections accepted.
    package var connectionsAccepted: Int { self.accepted.value }
    /// Connections open now.
    package var connectionsOpen: Int { self.open.value }
    /// TLS handshakes that ended well, and that did not; a client that leaves without a byte has begun none.
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
    package var responsesByClass: [Int: Int] {
        let counts = [
            1: self.informational.value, 2: self.successful.value, 3: self.redirects.value,
            4: self.clientErrors.value, 5: self.serverErrors.value,
        ]
        return counts.filter { $0.value > 0 }
    }
    /// Errors by their fixed word.
    package var errors: [String: Int] { self.errorCounts.withLock { $0 } }

    func countResponse(_ status: Int) {
        switch status {
        case 200..<300: self.successful.add(1)
        case 300..<400: self.redirects.add(1)
        case 400..<500: self.clientErrors.add(1)
        case 500..<600: self.serverErrors.add(1)
        default: self.informational.add(1)
        }
    }

    func countError(_ code: String) {
        self.errorCounts.withLock { $0[code, default: 0] += 1 }
    }
}
