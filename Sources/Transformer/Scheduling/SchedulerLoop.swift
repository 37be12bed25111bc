/// The inference thread's life: takes requests in, has steps computed, and answers.
///
/// Deadlines and cancellations are looked at before each layer: whoever gave up is answered then, be the request still in the inbox
/// or not, and the work is dropped before the next step; a step that nobody waits for any more is given up on the spot.
// Unchecked: made on one thread and handed over; from then on the inference thread alone uses it.
final class SchedulerLoop: @unchecked Sendable {
    /// A request that the thread has.
    private struct Live {
        let submission: Submission
        /// Per sequence that is read, once it is.
        var results: [[Float]]
        /// How tokens are chosen, where some are.
        var choice: TokenChoice?
        /// Tokens that were given out.
        var written = 0
        /// Whether the caller has its answer; the work is dropped before the next step.
        var isAnswered = false
    }

    private let inbox: SchedulerInbox
    private let counters: SchedulerCounters
    private let runner: StepRunner
    private let memory: PageMemory
    private var core: SchedulerCore
    private var live: [ScheduledRequest.ID: Live] = [:]
    private var lastID: ScheduledRequest.ID = 0

    init(
        _ runner: StepRunner,
        _ memory: PageMemory,
        limits: SchedulerLimits,
        inbox: SchedulerInbox,
        counters: SchedulerCounters
    ) {
        self.runner = runner
        self.memory = memory
        self.inbox = inbox
        self.counters = counters
        core = SchedulerCore(limits: limits, pages: memory.count)
    }

    /// Tokens of the longest sequence of a lane.
    func longest(_ lane: ScheduledRequest.Lane) -> Int { core.longest(lane) }

    /// Runs until the scheduler is shut down.
    func run() {
        while true {
            for submission in inbox.take(mayWait: live.isEmpty) { admit(submission) }
            if inbox.isShutDown { break }
            _ = answerGivenUp()
            dropAnswered()
            step()
            counters.update(core)
        }
        for id in live.keys { finish(id, failure: SchedulerError.shutDown) }
        dropAnswered()
        counters.update(core)
    }

    private func admit(_ submission: Submission) {
        lastID += 1
        var request = Live(submission: submission, results: [])
        switch submission.work {
        case .read(let sequences, _):
            request.results = [[Float]](repeating: [], count: sequences.count)
            core.add(
                lastID,
                sequences.map { PagedSequence($0.tokens, goal: .lower) },
                .reading,
                sharesPrefix: submission.sharesPrefix
            )
        case .generate(let generation, _, _):
            request.choice = TokenChoice(generation)
            core.add(
                lastID,
                [PagedSequence(generation.prompt, goal: .whole, limit: submission.tokens)],
                .generating,
                sharesPrefix: submission.sharesPrefix
            )
        }
        live[lastID] = request
    }

    // MARK: Steps

    private func step() {
        let segments = core.nextStep()
        counters.update(core)
        for copy in core.takeCopies() {
            let layers = copy.isWhole ? runner.model.configuration.layers : runner.model.exitDepth
            memory.copy(copy.from, to: copy.to, tokens: copy.tokens, layers: layers)
        }
        for event in core.takeFound() { handle(event) }
        guard !segments.isEmpty else { return }
        let ids = Set(segments.map(\.request))
        do throws(SessionError) {
            try runner.run(segments.map(stepSegment)) {
                // A step is given up if nobody waits for anything in it.
                inbox.isShutDown || (answerGivenUp() && ids.allSatisfy { live[$0]?.isAnswered ?? true })
            }
        } catch {
            // Either everybody has given up, or the model's numbers are no numbers: there is no result to be had of this.
            if error != .cancelled { for id in ids { finish(id, failure: error) } }
            return
        }
        let events = core.complete(segments)
        // Before anybody is answered who might look.
        counters.update(core)
        for event in events { handle(event) }
    }

    private func stepSegment(_ segment: SchedulerCore.PlannedSegment) -> StepSegment {
        guard let sequence = core.requests[segment.request]?.sequences[segment.sequence] else {
            preconditionFailure("a step was planned for a request that is gone")
        }
        return StepSegment(
            segment.stage,
            tokens: Array(sequence.tokens[segment.rows]),
            position: segment.rows.lowerBound,
            pages: sequence.pages.prefix(PageLayout.pages(for: segment.rows.upperBound)).map { memory[$0] },
            wantsLogits: segment.wantsLogits,
            candidates: live[segment.request]?.choice?.candidates
        )
    }

    private func handle(_ event: SchedulerCore.Event) {
        switch event {
        case .read(let id, let index): collect(id, index)
        case .logits(let id, let segment): write(id, segment)
        }
    }

    /// Takes what was asked for from a sequence that is read, and lets its pages go.
    private func collect(_ id: ScheduledRequest.ID, _ index: Int) {
        guard let request = live[id], case .read(let sequences, let continuation) = request.submission.work,
            let pages = core.requests[id]?.sequences[index].pages
        else { return }
        if !request.isAnswered {
            live[id]?.results[index] = memory.read(
                sequences[index].taps,
                pages: pages,
                width: runner.model.configuration.width
            )
        }
        guard core.close(id, sequence: index), let results = live.removeValue(forKey: id)?.results, !request.isAnswered
        else { return }
        inbox.release(request.submission)
        continuation.resume(returning: results)
    }

    /// Chooses how a text that is written goes on.
    private func write(_ id: ScheduledRequest.ID, _ segment: Int) {
        guard var request = live[id], !request.isAnswered, request.submission.ticket.reason(at: .now) == nil,
            case .generate(_, let onToken, _) = request.submission.work, var choice = request.choice,
            let sequence = core.requests[id]?.sequences.first
        else { return }
        var chosen: Result<TokenChoice.Continuation, SessionError> = .failure(.notFinite)
        runner.withLogits(segment) { logits in
            do throws(SessionError) {
                chosen = .success(try choice.next(logits))
            } catch {
                chosen = .failure(error)
            }
        }
        request.choice = choice
        guard case .success(let continuation) = chosen else {
            if case .failure(let error) = chosen { finish(id, failure: error) }
            return
        }
        var isWanted = true
        for token in continuation.tokens where isWanted {
            request.written += 1
            isWanted = onToken(token)
        }
        live[id] = request
        if !isWanted {
            finish(id, end: nil)
        } else if let end = continuation.end {
            finish(id, end: end)
        } else if sequence.tokens.count + continuation.tokens.count > sequence.limit {
            finish(id, end: .length)
        } else {
            for token in continuation.tokens { core.append(token, to: id) }
        }
    }

    // MARK: Endings

    /// Answers those who were cancelled or whose deadline has passed, wherever their requests are.
    ///
    /// - Returns: whether any of those was that the thread has.
    private func answerGivenUp() -> Bool {
        let now = ContinuousClock.now
        for (submission, reason) in inbox.withdrawExpired(at: now) { submission.fail(reason) }
        for (id, request) in live where !request.isAnswered {
            if let reason = request.submission.ticket.reason(at: now) { finish(id, failure: reason) }
        }
        return live.values.contains(where: \.isAnswered)
    }

    private func finish(_ id: ScheduledRequest.ID, failure: any Error) {
        guard let request = live[id], !request.isAnswered else { return }
        live[id]?.isAnswered = true
        inbox.release(request.submission)
        request.submission.fail(failure)
    }

    private func finish(_ id: ScheduledRequest.ID, end: Generation.End?) {
        guard let request = live.removeValue(forKey: id),
            case .generate(_, _, let continuation) = request.submission.work
        else { return }
        let cachedTokens = core.requests[id]?.hitTokens ?? 0
        core.remove(id)
        inbox.release(request.submission)
        continuation.resume(
            returning: GenerationOutcome(
                tokens: request.written,
                end: end,
                cachedTokens: cachedTokens
            )
        )
    }

    private func dropAnswered() {
        for (id, request) in live where request.isAnswered {
            core.remove(id)
            live[id] = nil
        }
    }
}
