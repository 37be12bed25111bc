import Synchronization

/// Sends spans to a collector in batches, from a task of its own, behind a bounded queue.
///
/// A collector may be slow or away; traffic is never held up by it. What the queue cannot take is dropped and counted, and
/// a batch that cannot be delivered is tried again, later each time, a few times.
package final class SpanExporter: Sendable {
    package struct Settings: Sendable, Equatable {
        /// Spans that may wait.
        package var capacity = 4096
        /// Spans of one request to the collector; those of one exchange are not parted.
        package var batch = 512
        /// How long a span waits at the most for others to go with.
        package var interval: Duration = .seconds(5)
        /// How often one batch is sent, counting the first time.
        package var attempts = 5
        /// Before the second time; twice as long before each one after, up to `longestPause`, and a random part of it less.
        package var firstPause: Duration = .seconds(1)
        package var longestPause: Duration = .seconds(30)

        package init() {}
    }

    package struct Statistics: Sendable, Equatable {
        /// Taken by the collector.
        package var exported = 0
        /// Not taken into the queue, because it was full.
        package var dropped = 0
        /// Given up, or refused by the collector.
        package var failed = 0
        package var queued = 0
    }

    private struct State {
        /// In their order.
        var exchanges: [SpanBatch] = []
        /// Spans in all of them.
        var count = 0
        /// What waits has waited long enough.
        var isDue = false
        var statistics = Statistics()
        var isClosing = false
    }

    private let settings: Settings
    private let send: @Sendable ([SpanBatch]) async -> Delivery
    private let pause: @Sendable (Duration) async -> Void
    private let state = Mutex(State())
    private let wakes: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation

    /// - Parameters:
    ///   - pause: waits, for tests to see how long; ends early when its task is cancelled.
    ///   - send: sends a batch once.
    package init(
        _ settings: Settings = Settings(),
        pause: @escaping @Sendable (Duration) async -> Void = { try? await Task.sleep(for: $0) },
        send: @escaping @Sendable ([SpanBatch]) async -> Delivery
    ) {
        self.settings = settings
        self.send = send
        self.pause = pause
        // One wake that waits is enough: whoever wakes takes all there is.
        (wakes, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Takes the spans of one exchange, all or none; returns at once.
    package func record(_ spans: SpanBatch) {
        let isBatch = state.withLock { state in
            guard !state.isClosing, state.count + spans.count <= settings.capacity else {
                state.statistics.dropped += spans.count
                return false
            }
            state.exchanges.append(spans)
            // One wake is enough for as many as there are.
            let wasBatch = state.count >= settings.batch
            state.count += spans.count
            return !wasBatch && state.count >= settings.batch
        }
        if isBatch { wake.yield() }
    }

    package var statistics: Statistics {
        state.withLock { state in
            var statistics = state.statistics
            statistics.queued = state.count
            return statistics
        }
    }

    /// Sends until `close`, or until the task is cancelled: what waits then is lost.
    package func run() async {
        let clock = Task { [self] in
            while !Task.isCancelled {
                await pause(settings.interval)
                state.withLock { $0.isDue = !$0.exchanges.isEmpty }
                wake.yield()
            }
        }
        for await _ in wakes {
            while let (batch, count) = next() { await deliver(batch, count: count) }
            if state.withLock({ $0.isClosing }) { break }
        }
        clock.cancel()
    }

    /// Takes no more spans, and has `run` end after a last try to send what waits.
    package func close() {
        state.withLock { $0.isClosing = true }
        wake.yield()
    }

    /// What is to be sent now: whole exchanges, as many as fit into a batch, and at least one. nil while it is better to wait for
    /// more to go with them.
    private func next() -> (exchanges: [SpanBatch], count: Int)? {
        state.withLock { state in
            guard state.count >= settings.batch || state.isDue || state.isClosing, state.count > 0 else { return nil }
            var (end, count) = (0, 0)
            for exchange in state.exchanges {
                if end > 0, count + exchange.count > settings.batch { break }
                end += 1
                count += exchange.count
            }
            defer {
                state.exchanges.removeFirst(end)
                state.count -= count
                if state.exchanges.isEmpty { state.isDue = false }
            }
            return (Array(state.exchanges.prefix(end)), count)
        }
    }

    /// - Parameter count: of the spans in it.
    private func deliver(_ batch: [SpanBatch], count: Int) async {
        var backoff = Backoff(first: settings.firstPause, longest: settings.longestPause)
        for attempt in 1...max(1, settings.attempts) {
            switch await send(batch) {
            case .taken(let rejected):
                let rejected = min(rejected, count)
                return state.withLock {
                    $0.statistics.exported += count - rejected
                    $0.statistics.failed += rejected
                }
            case .refused, .unacceptable:
                return giveUp(count)
            case .postponed(let after):
                guard attempt < settings.attempts, !Task.isCancelled, !state.withLock({ $0.isClosing }) else {
                    return giveUp(count)
                }
                await pause(backoff.next(asked: after))
            }
        }
    }

    private func giveUp(_ count: Int) { state.withLock { $0.statistics.failed += count } }
}
