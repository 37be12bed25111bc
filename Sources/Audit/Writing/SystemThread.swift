#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A thread of the system's, for what waits for disks: it must be no thread that others count on.
///
/// It is waited for with `join`, or let go with `detach`; one of the two, once.
struct SystemThread: @unchecked Sendable {
    private final class Body {
        let run: @Sendable () -> Void

        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    // A number, or a pointer that is only handed back: safe to send.
    private let thread: pthread_t

    /// Starts a thread; nil if the system has none to give.
    init?(_ run: @escaping @Sendable () -> Void) {
        let body = Unmanaged.passRetained(Body(run))
        #if canImport(Glibc)
        var thread = pthread_t()
        let result = pthread_create(
            &thread,
            nil,
            { context in
                if let context { Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run() }
                return nil
            },
            body.toOpaque()
        )
        #else
        var thread: pthread_t?
        let result = pthread_create(
            &thread,
            nil,
            { context in
                Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
                return nil
            },
            body.toOpaque()
        )
        #endif
        guard result == 0 else {
            body.release()
            return nil
        }
        #if canImport(Glibc)
        self.thread = thread
        #else
        guard let thread else { return nil }
        self.thread = thread
        #endif
    }

    func join() { pthread_join(thread, nil) }

    func detach() { pthread_detach(thread) }

    /// Lets all else that wants the processor go before the calling thread. Linux counts niceness by thread; other systems by
    /// process, where nothing is done.
    static func yieldToOthers() {
        #if canImport(Glibc)
        _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 19)
        #endif
    }
}
