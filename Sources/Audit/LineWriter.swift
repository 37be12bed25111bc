#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// One thread that writes lines to a file descriptor, behind a bounded queue.
///
/// A disk can stall for seconds; the threads that carry traffic must not. The lock is held to move lines, never
/// around a system call on the file.
final class LineWriter: @unchecked Sendable {
    /// Gives the descriptor to write to, asked at the start and after `reopen`; nil keeps the present one.
    typealias Open = @Sendable () -> Int32?

    private let capacity: Int
    private let overflow: AuditOverflow
    private let open: Open
    private let closesDescriptor: Bool

    // Guarded by `mutex`, but for `descriptor`, which only the thread touches once it runs.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var lines: [[UInt8]] = []
    private var inFlight = 0
    private var counts = AuditStatistics()
    private var isClosing = false
    private var isFinished = false
    private var wantsReopen = false
    private var descriptor: Int32

    /// - Parameters:
    ///   - capacity: lines that may wait; at least one.
    ///   - descriptor: open for writing; closed at the end if `closesDescriptor`.
    init(
        capacity: Int,
        overflow: AuditOverflow,
        descriptor: Int32,
        closesDescriptor: Bool,
        open: @escaping Open = { nil }
    ) {
        self.capacity = max(1, capacity)
        self.overflow = overflow
        self.descriptor = descriptor
        self.closesDescriptor = closesDescriptor
        self.open = open
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(changed, nil)
        start()
    }

    deinit {
        pthread_cond_destroy(changed)
        pthread_mutex_destroy(mutex)
        changed.deallocate()
        mutex.deallocate()
    }

    func enqueue(_ line: [UInt8]) {
        locked {
            while overflow == .block, lines.count >= capacity, !isClosing { wait() }
            guard !isClosing, lines.count < capacity else {
                counts.dropped += 1
                return
            }
            lines.append(line)
            signal()
        }
    }

    func flush() {
        locked {
            while !(lines.isEmpty && inFlight == 0 && !wantsReopen) && !isFinished { wait() }
        }
    }

    /// Has the thread open the file anew before the next line, as log rotation needs.
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
            while !isFinished { wait() }
        }
    }

    var statistics: AuditStatistics {
        locked {
            var counts = self.counts
            counts.queued = lines.count + inFlight
            return counts
        }
    }

    // MARK: The thread

    private func start() {
        // The thread keeps the writer alive until `close`; the sinks close in their deinit.
        let retained = Unmanaged.passRetained(self)
        let result = startThread(retained.toOpaque())
        if result != 0 {
            // No thread to be had: every record is counted as dropped, and close() does not wait for one.
            retained.release()
            isClosing = true
            isFinished = true
        }
    }

    fileprivate func run() {
        // A closed pipe is an error of this sink, not the end of the process: with the signal blocked in the thread
        // that writes, the write fails with EPIPE.
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        while let (batch, reopens) = next() {
            if reopens, let fresh = open() {
                if closesDescriptor { _ = systemClose(descriptor) }
                descriptor = fresh
            }
            let written = batch.reduce(into: 0) { written, line in if write(line) { written += 1 } }
            locked {
                counts.written += written
                counts.failed += batch.count - written
                inFlight = 0
                signal()
            }
        }
        if closesDescriptor {
            _ = fsync(descriptor)
            _ = systemClose(descriptor)
        }
        locked {
            isFinished = true
            signal()
        }
    }

    /// Waits for work; nil when closed and empty.
    private func next() -> (batch: [[UInt8]], reopens: Bool)? {
        locked {
            while lines.isEmpty && !wantsReopen && !isClosing { wait() }
            guard !lines.isEmpty || wantsReopen else { return nil }
            let batch = lines
            lines = []
            inFlight = batch.count
            let reopens = wantsReopen
            wantsReopen = false
            signal()
            return (batch, reopens)
        }
    }

    /// Writes a whole line. A line is one system call where the kernel takes it whole, so that two processes
    /// appending to one file do not mix within a line.
    private func write(_ line: [UInt8]) -> Bool {
        line.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = systemWrite(descriptor, UnsafeRawBufferPointer(rebasing: rest))
                if count > 0 {
                    rest = rest.dropFirst(count)
                } else if count < 0, errno == EINTR {
                    continue
                } else {
                    return false
                }
            }
            return true
        }
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

// The methods of the same names hide the system's.
private func systemClose(_ descriptor: Int32) -> Int32 { close(descriptor) }
private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    write(descriptor, bytes.baseAddress, bytes.count)
}

/// Starts a detached thread that runs the writer behind `context` and releases it at the end. Returns the system's error
/// number, 0 for none.
private func startThread(_ context: UnsafeMutableRawPointer) -> Int32 {
    #if canImport(Glibc)
    var thread = pthread_t()
    let result = pthread_create(&thread, nil, runThread, context)
    if result == 0 { pthread_detach(thread) }
    #else
    var thread: pthread_t?
    let result = pthread_create(&thread, nil, runThread, context)
    if result == 0, let thread { pthread_detach(thread) }
    #endif
    return result
}

#if canImport(Glibc)
private func runThread(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context else { return nil }
    Unmanaged<LineWriter>.fromOpaque(context).takeRetainedValue().run()
    return nil
}
#else
private func runThread(_ context: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    Unmanaged<LineWriter>.fromOpaque(context).takeRetainedValue().run()
    return nil
}
#endif
