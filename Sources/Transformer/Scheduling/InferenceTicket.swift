import Synchronization

/// Whether somebody still waits for a request's result; shared by the caller and the inference thread.
final class InferenceTicket: Sendable {
    private let deadline: ContinuousClock.Instant?
    private let isCancelled = Atomic(false)

    init(deadline: ContinuousClock.Instant?) { self.deadline = deadline }

    func cancel() { isCancelled.store(true, ordering: .relaxed) }

    /// Why the result is of no use any more; nil while it is.
    func reason(at now: ContinuousClock.Instant) -> (any Error)? {
        if isCancelled.load(ordering: .relaxed) { return CancellationError() }
        if let deadline, deadline <= now { return SchedulerError.deadlineExceeded }
        return nil
    }
}
