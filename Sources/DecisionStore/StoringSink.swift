package import Audit
import Dispatch
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// An audit sink that also keeps the records in a store.
///
/// The log decides what may be refused and lost; the store gets a copy when it can. What finds no room, or what the store does
/// not take, is counted.
package final class StoringSink: AuditSink {
    /// What became of the copies.
    package struct Counts: Sendable, Equatable {
        package var stored = 0
        package var dropped = 0
        package var failed = 0
        /// Taken and not yet stored.
        package var queued = 0
        /// The last failure, in words; nil if the last batch was stored.
        package var failure: String?
    }

    private struct State {
        var waiting: [DecisionStore.Entry] = []
        /// Of their lines.
        var bytes = 0
        var counts = Counts()
        var isScheduled = false
        var isClosed = false
        /// How many wait until all is stored.
        var hurrying = 0
    }

    package let log: any AuditSink
    package let store: DecisionStore
    private let capacity: Int
    private let mostBytes: Int
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "guardian.store")

    /// How long copies are gathered, so that many go into one transaction.
    private static let gathering = DispatchTimeInterval.milliseconds(100)
    /// Copies stored from one pruning to the next, and bytes of their lines: whichever comes first, if the store's
    /// `pruningInterval` does not.
    private static let pruning = (copies: 2000, bytes: 16 << 20)

    private let sincePruning = Mutex((copies: 0, bytes: 0))

    /// - Parameters:
    ///   - capacity: records that may wait for the store.
    ///   - mostBytes: of their lines.
    package init(_ log: any AuditSink, store: DecisionStore, capacity: Int = 8192, mostBytes: Int = 64 << 20) {
        self.mostBytes = mostBytes
        self.log = log
        self.store = store
        self.capacity = capacity
        queue.async { [weak self] in self?.pruneFromTimeToTime() }
    }

    package func reserve() -> Bool { log.reserve() }

    package func record(_ record: AuditRecord) {
        // The line is written once, for the log and for the store.
        let body = AuditEncoder.body(record)
        log.record(record, body: body)
        let begins = state.withLock { state in
            guard state.waiting.count < capacity, state.bytes + body.count <= mostBytes else {
                state.counts.dropped += 1
                return false
            }
            state.waiting.append(DecisionStore.Entry(record, body: body))
            state.bytes += body.count
            defer { state.isScheduled = true }
            return !state.isScheduled
        }
        if begins { queue.asyncAfter(deadline: .now() + Self.gathering) { [self] in drain() } }
    }

    package func flush() {
        log.flush()
        hurry()
    }

    package func reopen() { log.reopen() }

    package func close() {
        // First what waits for the store, for the log may wait for a place that takes nothing.
        hurry()
        log.close()
        hurry()
        state.withLock { $0.isClosed = true }
    }

    /// Stores all that waits, without leaving the processor to anybody.
    private func hurry() {
        state.withLock { $0.hurrying += 1 }
        queue.sync { drain() }
        state.withLock { $0.hurrying -= 1 }
    }

    package var statistics: AuditStatistics { log.statistics }

    package var counts: Counts {
        state.withLock { state in
            var counts = state.counts
            counts.queued = state.waiting.count
            return counts
        }
    }

    /// On `queue` only.
    private func drain() {
        let batch = state.withLock { state in
            defer {
                state.waiting = []
                state.bytes = 0
                state.isScheduled = false
            }
            return state.waiting
        }
        let size = store.takesManyAtOnce ? max(1, batch.count) : DecisionStore.piece.rows
        for start in stride(from: 0, to: batch.count, by: size) {
            if start > 0, hasTime(before: batch.count - start) { usleep(DecisionStore.piece.pause) }
            add(Array(batch[start..<min(start + size, batch.count)]))
        }
    }

    /// Whether nobody waits for the store, and what is left to be stored does not pile up.
    private func hasTime(before left: Int) -> Bool {
        state.withLock { $0.hurrying == 0 && left + $0.waiting.count < capacity / 4 }
    }

    private func add(_ copies: [DecisionStore.Entry]) {
        do throws(StoreError) {
            try store.add(copies)
            state.withLock { state in
                state.counts.stored += copies.count
                state.counts.failure = nil
            }
            pruneIfMuchCame(copies)
        } catch {
            state.withLock { state in
                state.counts.failed += copies.count
                state.counts.failure = error.description
            }
        }
    }

    /// Decisions grow too old while nothing is stored, too. On `queue` only.
    private func pruneFromTimeToTime() {
        guard !state.withLock({ $0.isClosed }) else { return }
        prune()
        let seconds = store.retention.pruningInterval / Duration.seconds(1)
        queue.asyncAfter(deadline: .now() + seconds) { [weak self] in self?.pruneFromTimeToTime() }
    }

    private func pruneIfMuchCame(_ batch: [DecisionStore.Entry]) {
        let isDue = sincePruning.withLock { since in
            since.copies += batch.count
            since.bytes += batch.reduce(0) { $0 + $1.body.count }
            return since.copies >= Self.pruning.copies || since.bytes >= Self.pruning.bytes
        }
        if isDue { prune() }
    }

    private func prune() {
        sincePruning.withLock { $0 = (0, 0) }
        // What could not be removed now is removed the next time.
        try? store.prune()
    }
}
