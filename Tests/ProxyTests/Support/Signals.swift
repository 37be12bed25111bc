import Synchronization

/// Something that happened, seen from any thread.
final class Flag: Sendable {
    private let raised = Atomic(false)

    var isRaised: Bool { self.raised.load(ordering: .acquiring) }

    func raise() {
        self.raised.store(true, ordering: .releasing)
    }
}

/// How often something happened, seen from any thread.
final class Counter: Sendable {
    private let count = Atomic(0)

    var value: Int { self.count.load(ordering: .acquiring) }

    func add(_ more: Int) {
        self.count.add(more, ordering: .acquiringAndReleasing)
    }

    /// Waits until the count has not changed for half a second.
    func settles() async throws -> Int {
        try await settled { self.value }
    }
}

/// Waits until a number that has left zero has not changed for half a second.
func settled(_ value: @Sendable () -> Int) async throws -> Int {
    var last = -1
    for _ in 1...60 {
        try await Task.sleep(for: .milliseconds(500))
        let now = value()
        if now == last, now > 0 { return now }
        last = now
    }
    return last
}

extension String {
    /// How often a text occurs.
    func components(of text: String) -> Int {
        self.ranges(of: text).count
    }
}
