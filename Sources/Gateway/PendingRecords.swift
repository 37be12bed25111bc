import Synchronization

/// How many exchanges have begun and are not recorded yet. In shadow mode, or with a candidate, an exchange is recorded some time
/// after its connection has closed, so that a gateway that stops has to wait for more than connections.
final class PendingRecords: Sendable {
    /// Between two looks at the count: it falls to zero once in the life of a gateway that anybody waits for it.
    private static let pause = Duration.milliseconds(10)

    private let number = Atomic<Int>(0)

    var count: Int { number.load(ordering: .acquiring) }

    /// An exchange has begun.
    func begin() { number.add(1, ordering: .relaxed) }

    /// It is recorded, or will never be.
    func end() { number.subtract(1, ordering: .acquiringAndReleasing) }

    /// Returns when none is left, or at the limit.
    func wait(until limit: ContinuousClock.Instant) async {
        while count > 0, ContinuousClock.now < limit {
            do { try await Task.sleep(for: Self.pause) } catch { return }
        }
    }
}
