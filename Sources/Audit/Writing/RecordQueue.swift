#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// One thread that writes records, behind a bounded queue.
///
/// A disk can stall for seconds; the threads that carry traffic must not. The lock is held to move records, never
/// around a system call on the file.
final class RecordQueue: @unchecked Sendable {
    private struct Entry {
        var body: [UInt8]
        var since: ContinuousClock.Instant
    }

    private struct Work {
        var batch: [Entry]
        var reopens: Bool
        var lost: Int
    }

    private let capacity: Int
    private let mostBytes: Int
    private let overflow: AuditOverflow
    private let patience: Duration
    private let reopenPause: Duration

    // Used by the thread only, once it runs.
    private let journal: AuditJournal
    /// When the place is to be opened anew because that failed; nil if it did not.
    private var nextReopen: ContinuousClock.Instant?

    // Guarded by `mutex`.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var entries: [Entry] = []
    private var inFlight = 0
    /// Of the records that wait or are in flight.
    private var heldBytes = 0
    /// Since when the record that is being written waits.
    private var writing: ContinuousClock.Instant?
    /// Room that is kept for exchanges under way.
    private var reserved = 0
    private var counts = AuditStatistics()
    /// Dropped and refused, and not yet told to the journal.
    private var untold = 0
    private var isClosing = false
    /// Whether the thread is done, or was given up.
    private var isFinished = false
    private var wantsReopen = false
    /// Whether the thread waits for work, and whether anybody waits for the thread.
    private var isResting = false
    private var flushing = 0

    /// Nanoseconds that the thread waits for more after a record woke it. To wake it for each, and to write each with a call
    /// of its own, would cost more than the rest of the record.
    private static let gathering = 10_000_000
    /// How long it waits before it tries again to write what could not be written.
    private static let retrying = 200_000_000
    /// How long `close` waits between two looks at the time.
    private static let looking = 100_000_000

    /// - Parameters:
    ///   - capacity: records that may wait; at least one.
    ///   - mostBytes: of the records that wait or are in flight; one has room however long it is.
    ///   - patience: how long `close` waits for the thread.
    ///   - reopenPause: how long the thread writes to where it did before it tries again to open the place anew.
    init(
        capacity: Int,
        mostBytes: Int,
        overflow: AuditOverflow,
        patience: Duration,
        reopenPause: Duration,
        journal: AuditJournal
    ) {
        self.capacity = max(1, capacity)
        self.mostBytes = max(1, mostBytes)
        self.overflow = overflow
        self.patience = patience
        self.reopenPause = reopenPause
        self.journal = journal
        pthread_mutex_init(mutex, nil)
        #if canImport(Glibc)
        // A clock that is set back must not make a wait longer.
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(changed, &attributes)
        pthread_condattr_destroy(&attributes)
        #else
        pthread_cond_init(changed, nil)
        #endif
        start()
    }

    deinit {
        pthread_cond_destroy(changed)
        pthread_mutex_destroy(mutex)
        changed.deallocate()
        mutex.deallocate()
    }

    func reserve() -> Bool {
        guard overflow == .refuse else { return true }
        return locked {
            // How long the records will be nobody knows yet: those of exchanges under way are taken beyond the bytes.
            guard !isClosing, entries.count + inFlight + reserved < capacity, heldBytes < mostBytes else {
                counts.refused += 1
                untold += 1
                return false
            }
            reserved += 1
            return true
        }
    }

    func enqueue(_ body: [UInt8]) {
        locked {
            let isTaken = overflow == .refuse ? reserved > 0 : hasRoom(for: body.count)
            reserved = max(0, reserved - 1)
            guard !isClosing, isTaken else {
                counts.dropped += 1
                untold += 1
                return
            }
            entries.append(Entry(body: body, since: .now))
            heldBytes += body.count
            if isResting || isHalfFull { signal() }
        }
    }

    /// Whether a record of so many bytes may wait. The lock is held.
    private func hasRoom(for bytes: Int) -> Bool {
        entries.count < capacity && (heldBytes == 0 || heldBytes + bytes <= mostBytes)
    }

    /// Whether half of the room is taken, which is enough to be written at once. The lock is held.
    private var isHalfFull: Bool { entries.count >= capacity / 2 || heldBytes >= mostBytes / 2 }

    func flush() {
        locked {
            flushing += 1
            signal()
            while !(entries.isEmpty && inFlight == 0 && !wantsReopen) && !isFinished { wait() }
            flushing -= 1
        }
    }

    /// Has the thread open the place anew before the next record.
    func reopen() {
        locked {
            wantsReopen = true
            signal()
        }
    }

    func close() {
        locked {
            isClosing = true
            signal()
            let limit = ContinuousClock.now + patience
            while !isFinished, ContinuousClock.now < limit { wait(Self.looking) { !isFinished } }
            if !isFinished { giveUp() }
        }
    }

    /// Leaves the thread to itself: it stands in a call of the system that may never return. The lock is held.
    private func giveUp() {
        counts.failed += entries.count + inFlight
        // Should it return after all, it writes what is in flight, and the log tells of the others.
        untold += entries.count
        (entries, inFlight) = ([], 0)
        isFinished = true
        signal()
    }

    var statistics: AuditStatistics {
        locked {
            var counts = self.counts
            counts.queued = entries.count + inFlight
            // The last record of a batch is out before the batch is done with.
            if counts.queued > 0, let oldest = writing ?? entries.first?.since {
                counts.lag = oldest.duration(to: .now)
            }
            return counts
        }
    }

    // MARK: The thread

    private func start() {
        // The thread keeps the queue alive until `close`; the log closes in its deinit.
        if let thread = SystemThread({ [self] in run() }) {
            thread.detach()
        } else {
            // No thread to be had: every record is counted as dropped, and close() does not wait for one.
            isClosing = true
            isFinished = true
        }
    }

    private func run() {
        // A closed pipe is an error of this sink, not the end of the process: with the signal blocked in the thread
        // that writes, the write fails with EPIPE.
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        journal.begin()
        while var work = next() {
            reopenIfDue(isAsked: work.reopens)
            journal.lose(work.lost)
            write(&work.batch)
            journal.noteLoss()
            locked {
                inFlight = 0
                writing = nil
                signal()
            }
        }
        journal.lose(locked { untold })
        journal.close()
        locked {
            isFinished = true
            signal()
        }
    }

    private func write(_ batch: inout [Entry]) {
        var place = 0
        while place < batch.count {
            locked { writing = batch[place].since }
            let count = journal.write(together: batch[place...].lazy.map(\.body))
            let isWritten = count > 0 || write(batch[place].body)
            let done = place..<(place + max(1, count))
            let bytes = batch[done].reduce(0) { $0 + $1.body.count }
            // The room that is given back is memory: a batch may be long under way.
            for index in done { batch[index].body = [] }
            if isWritten { note(done.count, bytes: bytes) } else { noteFailure(bytes: bytes) }
            place = done.upperBound
        }
    }

    private func write(_ body: [UInt8]) -> Bool {
        var isWritten = journal.write(body)
        // Where nothing may happen unrecorded, exchanges are refused once the queue is full behind this record.
        while !isWritten, !journal.refusesForGood, overflow == .refuse, pause() {
            // A file on a full disk is moved away to make room, and this record waits for just that.
            reopenIfDue(isAsked: takeReopen())
            isWritten = journal.write(body)
        }
        return isWritten
    }

    /// Opens the place anew if somebody asks for it, or asked before and it failed: what is written until then goes to a file that was
    /// moved away, and whoever moved it may be about to delete it.
    private func reopenIfDue(isAsked: Bool) {
        guard isAsked || nextReopen.map({ $0 <= ContinuousClock.now }) == true else { return }
        nextReopen = journal.reopen() ? nil : ContinuousClock.now + reopenPause
        if nextReopen != nil { locked { counts.reopenFailures += 1 } }
    }

    private func noteFailure(bytes: Int) {
        journal.lose(1)
        locked {
            // It was given up, and what was in flight is counted.
            guard !isFinished else { return }
            counts.failed += 1
            inFlight -= 1
            heldBytes -= bytes
        }
    }

    /// Counts records that were written, less those that were turned away afterwards.
    private func note(_ count: Int, bytes: Int) {
        let away = min(count, journal.takeTurnedAway())
        locked {
            guard !isFinished else { return }
            counts.written += count - away
            counts.failed += away
            inFlight -= count
            heldBytes -= bytes
        }
    }

    /// Waits for work; nil when closed and empty.
    private func next() -> Work? {
        rest()
        return locked {
            guard !entries.isEmpty || wantsReopen else { return nil }
            let work = Work(batch: entries, reopens: wantsReopen, lost: untold)
            entries = []
            inFlight = work.batch.count
            wantsReopen = false
            untold = 0
            signal()
            return work
        }
    }

    /// Waits for work, and a little longer for more of it unless somebody waits for what there is.
    private func rest() {
        locked {
            isResting = true
            while entries.isEmpty && !wantsReopen && !isClosing { wait() }
            isResting = false
            wait(Self.gathering) { flushing == 0 && !wantsReopen && !isClosing && !isHalfFull }
        }
    }

    /// Waits a fifth of a second before what failed is tried again, or until the place is to be opened anew; false if the queue is
    /// closing.
    private func pause() -> Bool {
        locked {
            wait(Self.retrying) { !isClosing && !wantsReopen }
            return !isClosing
        }
    }

    /// Whether the place is to be opened anew; whoever asks does it.
    private func takeReopen() -> Bool {
        locked {
            defer { wantsReopen = false }
            return wantsReopen
        }
    }

    /// Waits so many nanoseconds, less than a second of them, as long as a condition holds whenever somebody signals.
    private func wait(_ nanoseconds: Int, while condition: () -> Bool) {
        #if canImport(Glibc)
        var until = timespec()
        clock_gettime(CLOCK_MONOTONIC, &until)
        until.tv_nsec += nanoseconds
        if until.tv_nsec >= 1_000_000_000 {
            until.tv_sec += 1
            until.tv_nsec -= 1_000_000_000
        }
        while condition(), pthread_cond_timedwait(changed, mutex, &until) == 0 {}
        #else
        var time = timespec(tv_sec: 0, tv_nsec: nanoseconds)
        while condition(), pthread_cond_timedwait_relative_np(changed, mutex, &time) == 0 {}
        #endif
    }

    // MARK: The lock

    private func locked<Result>(_ body: () -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body()
    }

    private func wait() { pthread_cond_wait(changed, mutex) }

    private func signal() { pthread_cond_broadcast(changed) }
}
