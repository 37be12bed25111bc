import Dispatch
import Synchronization

/// Hands lines to a collector, batch by batch, and comes back when it took or refused them.
///
/// Nothing waits in here: while a collector is away, the queue before this fills up, and what is to happen to more lines is
/// decided there. A line may come twice, if the answer to the first time was lost.
package final class LogExporter: Sendable {
    private struct State {
        var rejected = 0
        var refusesForGood = false
        var isHurrying = false
        var hasGivenUp = false
    }

    private static let firstPause = Duration.seconds(1)
    private static let longestPause = Duration.seconds(30)

    private let send: @Sendable ([LogLine]) -> Delivery
    private let pause: (@Sendable (Duration) -> Void)?
    private let state = Mutex(State())
    private let hurries = DispatchSemaphore(value: 0)

    /// - Parameters:
    ///   - pause: waits, for tests to see how long.
    ///   - send: sends a batch once, and waits for the answer.
    package init(
        pause: (@Sendable (Duration) -> Void)? = nil,
        send: @escaping @Sendable ([LogLine]) -> Delivery
    ) {
        self.pause = pause
        self.send = send
    }

    /// Blocks: for a thread that may.
    ///
    /// - Returns: whether the collector took the lines. `rejected` counts those among them that it did not want.
    package func deliver(_ lines: [LogLine]) -> Bool {
        var backoff = Backoff(first: Self.firstPause, longest: Self.longestPause)
        state.withLock { $0.refusesForGood = false }
        while !state.withLock({ $0.hasGivenUp }) {
            switch send(lines) {
            case .taken(let rejected):
                state.withLock { $0.rejected += min(rejected, lines.count) }
                return true
            case .refused:
                return false
            case .unacceptable:
                state.withLock { $0.refusesForGood = true }
                return false
            case .postponed(let after):
                let isLast = state.withLock { state in
                    state.hasGivenUp = state.isHurrying
                    return state.isHurrying
                }
                if !isLast { wait(backoff.next(asked: after)) }
            }
        }
        return false
    }

    /// Whether the collector would take the lines that were delivered last no other time either.
    package var refusesForGood: Bool { state.withLock { $0.refusesForGood } }

    /// Lines among those taken that the collector rejected, since this was asked last.
    package func takeRejected() -> Int {
        state.withLock { state in
            defer { state.rejected = 0 }
            return state.rejected
        }
    }

    /// Has each batch tried once more, and none any more after the first that fails: for the end.
    package func hurry() {
        state.withLock { $0.isHurrying = true }
        hurries.signal()
    }

    private func wait(_ time: Duration) {
        if let pause { return pause(time) }
        let (seconds, attoseconds) = time.components
        let limit = DispatchTime.now() + .seconds(Int(seconds)) + .nanoseconds(Int(attoseconds / 1_000_000_000))
        _ = hurries.wait(timeout: limit)
    }
}
