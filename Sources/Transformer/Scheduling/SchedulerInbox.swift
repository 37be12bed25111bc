internal import Dispatch
import Synchronization

/// A request on its way to the inference thread.
struct Submission: Sendable {
    enum Work: Sendable {
        case read([ReadSequence], CheckedContinuation<[[Float]], any Error>)
        case generate(
            GenerationRequest,
            onToken: @Sendable (Int32) -> Bool,
            CheckedContinuation<GenerationOutcome, any Error>
        )
    }

    let ticket: InferenceTicket
    let work: Work
    /// Tokens that it reads and may write.
    let tokens: Int
    let sharesPrefix: Bool

    func fail(_ error: any Error) {
        switch work {
        case .read(_, let continuation): continuation.resume(throwing: error)
        case .generate(_, _, let continuation): continuation.resume(throwing: error)
        }
    }
}

/// Where callers leave requests and the inference thread finds them; the bound on what may be under way is kept here.
///
/// A request is answered by whoever takes it out: the caller's side, at once, if its caller is cancelled while it is still here, else
/// the thread. So each is answered once.
final class SchedulerInbox: Sendable {
    private struct State {
        var entries: [Submission] = []
        /// Under way: here, or with the thread.
        var requests = 0
        var tokens = 0
        var isSleeping = false
        var isShutDown = false
    }

    private let limits: SchedulerLimits
    private let state = Mutex(State())
    private let wakeUp = DispatchSemaphore(value: 0)
    // Copies for whoever must not wait for the lock.
    private let requestCount = Atomic(0)
    private let tokenCount = Atomic(0)
    private let shutDownFlag = Atomic(false)

    init(limits: SchedulerLimits) { self.limits = limits }

    /// Requests under way, waiting or computing.
    var requests: Int { requestCount.load(ordering: .relaxed) }
    /// Tokens of the requests under way.
    var tokens: Int { tokenCount.load(ordering: .relaxed) }
    var isShutDown: Bool { shutDownFlag.load(ordering: .relaxed) }

    /// Leaves a request for the thread.
    ///
    /// - Returns: why it cannot be taken; nil if it was.
    func submit(_ submission: Submission) -> (any Error)? {
        let (refusal, wakes): ((any Error)?, Bool) = state.withLock { state in
            if state.isShutDown { return (SchedulerError.shutDown, false) }
            // A caller that was cancelled before it got here found nothing to withdraw.
            if let reason = submission.ticket.reason(at: .now) { return (reason, false) }
            let isShort = submission.tokens <= limits.shortTokens
            guard state.requests < limits.requests, isShort || state.tokens + submission.tokens <= limits.tokens
            else { return (SchedulerError.overloaded, false) }
            state.entries.append(submission)
            count(&state, requests: 1, tokens: submission.tokens)
            defer { state.isSleeping = false }
            return (nil, state.isSleeping)
        }
        if wakes { wakeUp.signal() }
        return refusal
    }

    /// Takes a request back; nil if the thread has it.
    func withdraw(_ ticket: InferenceTicket) -> Submission? {
        state.withLock { state in
            guard let index = state.entries.firstIndex(where: { $0.ticket === ticket }) else { return nil }
            count(&state, requests: -1, tokens: -state.entries[index].tokens)
            return state.entries.remove(at: index)
        }
    }

    /// Takes out the requests that nobody waits for any more, because their deadline has passed or their caller was cancelled.
    ///
    /// - Returns: them and why; they are to be failed with it.
    func withdrawExpired(at now: ContinuousClock.Instant) -> [(submission: Submission, reason: any Error)] {
        state.withLock { state in
            var expired: [(submission: Submission, reason: any Error)] = []
            state.entries.removeAll { entry in
                guard let reason = entry.ticket.reason(at: now) else { return false }
                expired.append((entry, reason))
                return true
            }
            for (entry, _) in expired { count(&state, requests: -1, tokens: -entry.tokens) }
            return expired
        }
    }

    /// Notes that a request which the thread had is no longer under way.
    func release(_ submission: Submission) {
        state.withLock { count(&$0, requests: -1, tokens: -submission.tokens) }
    }

    /// What came since the last time.
    ///
    /// - Parameter mayWait: whether to sleep until there is something, or the scheduler is shut down.
    func take(mayWait: Bool) -> [Submission] {
        while true {
            let entries: [Submission]? = state.withLock { state in
                if state.entries.isEmpty, mayWait, !state.isShutDown {
                    state.isSleeping = true
                    return nil
                }
                defer { state.entries = [] }
                return state.entries
            }
            if let entries { return entries }
            wakeUp.wait()
        }
    }

    /// Lets nothing in any more and fails what is here.
    func shutDown() {
        let (dropped, wakes) = state.withLock { state in
            state.isShutDown = true
            shutDownFlag.store(true, ordering: .relaxed)
            for entry in state.entries { count(&state, requests: -1, tokens: -entry.tokens) }
            defer { (state.entries, state.isSleeping) = ([], false) }
            return (state.entries, state.isSleeping)
        }
        for entry in dropped { entry.fail(SchedulerError.shutDown) }
        if wakes { wakeUp.signal() }
    }

    private func count(_ state: inout State, requests: Int, tokens: Int) {
        state.requests += requests
        state.tokens += tokens
        requestCount.store(state.requests, ordering: .relaxed)
        tokenCount.store(state.tokens, ordering: .relaxed)
    }
}
