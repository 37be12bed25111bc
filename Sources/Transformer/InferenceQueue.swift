internal import Foundation
import Synchronization

/// Why queued work gave no result.
package enum InferenceQueueError: Error, Sendable, Equatable {
    /// As many jobs as the queue holds are waiting already.
    case overloaded
    /// The deadline passed, waiting or computing.
    case deadlineExceeded
    /// The queue was shut down.
    case shutDown
}

/// A bounded first-in-first-out queue in front of one inference thread.
///
/// Callers are tasks of the cooperative pool; they are suspended and never blocked. The thread computes and does nothing
/// else; its state, made on the thread by `makeState`, is never shared. A job whose caller is cancelled or whose deadline
/// passes leaves the queue at once if it waits; if it computes, it ends at its next look at `InferenceJob.isCancelled`.
package final class InferenceQueue<State>: Sendable {
    private let core: InferenceQueueCore<State>

    /// - Parameters:
    ///   - name: of the thread.
    ///   - capacity: jobs that may wait beside the one that computes.
    ///   - makeState: makes what jobs work with, such as sessions; called on the thread, once.
    package init(name: String, capacity: Int, makeState: @escaping @Sendable () -> State) {
        let core = InferenceQueueCore<State>(capacity: capacity)
        self.core = core
        let thread = Thread { core.run(makeState()) }
        thread.name = name
        thread.stackSize = 4 << 20
        thread.start()
    }

    deinit { core.shutDown() }

    /// Ends the thread after the job in hand; waiting jobs fail with `shutDown`.
    package func shutDown() { core.shutDown() }

    /// Jobs that wait.
    package var waiting: Int { core.waiting }

    /// Runs `body` on the inference thread when its turn comes.
    ///
    /// - Throws: `InferenceQueueError`, `CancellationError`, or what `body` throws.
    package func run<R: Sendable>(
        deadline: ContinuousClock.Instant? = nil,
        _ body: @escaping @Sendable (inout State, InferenceJob) throws -> R
    ) async throws -> R {
        let job = InferenceJob(deadline: deadline)
        let promise = OneShot<R>()
        let timer = deadline.map { deadline in
            Task {
                try await Task.sleep(until: deadline, clock: .continuous)
                job.expire()
                if core.remove(job) { promise.fail(InferenceQueueError.deadlineExceeded) }
            }
        }
        defer { timer?.cancel() }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                promise.set(continuation)
                core.enqueue(
                    InferenceQueueCore<State>.Entry(
                        job: job,
                        compute: { state in
                            do { promise.succeed(try body(&state, job)) } catch { promise.fail(job.reason ?? error) }
                        },
                        fail: { promise.fail($0) }
                    )
                )
            }
        } onCancel: {
            job.cancel()
            if core.remove(job) { promise.fail(CancellationError()) }
        }
    }
}

/// A job as its body sees it.
package final class InferenceJob: Sendable {
    private enum State: Int, AtomicRepresentable {
        case live
        case cancelled
        case expired
    }

    package let deadline: ContinuousClock.Instant?
    private let state = Atomic<State>(.live)

    init(deadline: ContinuousClock.Instant?) { self.deadline = deadline }

    /// True when nobody waits for the result any more: the body should throw whatever it likes, soon.
    ///
    /// Looks at the clock itself: the timer's task may wait for a thread of a busy pool.
    package var isCancelled: Bool {
        if let deadline, deadline <= .now { expire() }
        return state.load(ordering: .relaxed) != .live
    }

    /// What the caller is told if the body gave up because of `isCancelled`.
    var reason: (any Error)? {
        switch state.load(ordering: .relaxed) {
        case .live: nil
        case .cancelled: CancellationError()
        case .expired: InferenceQueueError.deadlineExceeded
        }
    }

    func cancel() { _ = state.compareExchange(expected: .live, desired: .cancelled, ordering: .relaxed) }
    func expire() { _ = state.compareExchange(expected: .live, desired: .expired, ordering: .relaxed) }
}
