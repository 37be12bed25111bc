package import Audit
import Dispatch
import Synchronization

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
    }

    package let log: any AuditSink
    package let store: DecisionStore
    private let capacity: Int
    private let mostBytes: Int
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "guardian.store")

    /// How long copies are gathered, so that many go into one transaction.
    private static let gathering = DispatchTimeInterval.milliseconds(100)
    /// Copies stored from one pruning to the next, and bytes of their lines: whichever comes first.
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
        queue.async { try? store.prune() }
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
        queue.sync { drain() }
    }

    package func reopen() { log.reopen() }

    package func close() {
        log.close()
        queue.sync { drain() }
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
        guard !batch.isEmpty else { return }
        do throws(StoreError) {
            try store.add(batch)
            state.withLock { state in
                state.counts.stored += batch.count
                state.counts.failure = nil
            }
            pruneNowAndThen(batch)
        } catch {
            state.withLock { state in
                state.counts.failed += batch.count
                state.counts.failure = error.description
            }
        }
    }

    private func pruneNowAndThen(_ batch: [DecisionStore.Entry]) {
        let isDue = sincePruning.withLock { since in
            since.copies += batch.count
            since.bytes += batch.reduce(0) { $0 + $1.body.count }
            guard since.copies >= Self.pruning.copies || since.bytes >= Self.pruning.bytes else { return false }
            since = (0, 0)
            return true
        }
        // What could not be removed now is removed the next time.
        if isDue { try? store.prune() }
    }
}
