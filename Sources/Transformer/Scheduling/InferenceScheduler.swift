internal import Foundation
import Synchronization

/// Runs a packed model for many callers at once: one inference thread, whose steps take rows of many requests together.
///
/// Callers are tasks of the cooperative pool; they are suspended and never blocked. What may be under way is bounded: one
/// request more is `overloaded` at once. How steps are dealt out is told at `SchedulerCore`, what is kept for prefixes, and
/// what that gives away, at `PrefixCache`.
package final class InferenceScheduler: Sendable {
    private let model: PackedModel
    private let limits: SchedulerLimits
    private let inbox: SchedulerInbox
    private let counters = SchedulerCounters()
    private let pages: Int
    private let longestReading: Int
    private let longestGenerating: Int

    /// Starts the inference thread.
    ///
    /// - Parameters:
    ///   - name: of the thread.
    ///   - threads: threads that compute, the inference thread included.
    /// - Throws: `ModelFileError` with code `outOfResources` if threads or memory cannot be had, `unsupported` if the
    ///   environment names a level of kernels that this machine cannot run.
    package init(
        _ model: PackedModel,
        name: String,
        threads: Int,
        level: KernelLevel? = nil,
        limits: SchedulerLimits = SchedulerLimits()
    ) throws(ModelFileError) {
        let pool = try StepRunner.makePool(model, threads: threads, level: level)
        let memory = try PageMemory(PageLayout(model.configuration), byteBudget: limits.pageBytes)
        let inbox = SchedulerInbox(limits: limits)
        let loop = SchedulerLoop(
            StepRunner(model, pool: pool, maximumRows: limits.quantum),
            memory,
            limits: limits,
            inbox: inbox,
            counters: counters
        )
        self.model = model
        self.limits = limits
        self.inbox = inbox
        pages = memory.count
        longestReading = min(loop.longest(.reading), model.maximumPositions)
        longestGenerating = min(loop.longest(.generating), model.maximumPositions)
        let thread = Thread { loop.run() }
        thread.name = name
        thread.stackSize = 4 << 20
        thread.start()
    }

    deinit { inbox.shutDown() }

    /// Ends the thread; whatever is under way fails with `shutDown`.
    package func shutDown() { inbox.shutDown() }

    /// What is going on. Takes no lock.
    package var statistics: SchedulerStatistics {
        var statistics = counters.snapshot()
        statistics.requests = inbox.requests
        statistics.tokens = inbox.tokens
        statistics.waiting = max(0, statistics.requests - counters.started)
        statistics.pages = pages
        return statistics
    }

    /// Reads sequences through the layers below the early read-out, all of them together.
    ///
    /// - Parameters:
    ///   - sharesPrefix: whether pages of equal beginnings may be used, and left for others; see `PrefixCache`.
    ///   - deadline: when the result is of no use any more.
    /// - Returns: per sequence what its taps ask for, [taps][width].
    /// - Throws: `SchedulerError`, `SessionError`, `CancellationError`.
    package func read(
        _ sequences: [ReadSequence],
        sharesPrefix: Bool = true,
        deadline: ContinuousClock.Instant? = nil
    ) async throws -> [[Float]] {
        guard !sequences.isEmpty else { return [] }
        for sequence in sequences {
            guard sequence.isValid else { throw SchedulerError.emptyRequest }
            try check(sequence.tokens, longest: longestReading)
        }
        let tokens = sequences.reduce(0) { $0 + $1.tokens.count }
        return try await submit(tokens: tokens, sharesPrefix, deadline) { .read(sequences, $0) }
    }

    /// Continues a text token by token.
    ///
    /// The text also ends, as with `maxTokens`, where the pages or the model's positions do.
    ///
    /// - Parameters:
    ///   - sharesPrefix: whether pages of equal beginnings may be used, and left for others; see `PrefixCache`.
    ///   - deadline: when the text is of no use any more.
    ///   - onToken: called on the inference thread with each token as it is chosen, and so to be brief; false ends the text.
    ///     Not called any more once this function has returned.
    /// - Throws: `SchedulerError`, `SessionError`, `CancellationError`.
    package func generate(
        _ request: GenerationRequest,
        sharesPrefix: Bool = true,
        deadline: ContinuousClock.Instant? = nil,
        onToken: @escaping @Sendable (Int32) -> Bool
    ) async throws -> GenerationOutcome {
        guard !request.prompt.isEmpty else { throw SchedulerError.emptyRequest }
        try check(request.prompt, longest: longestGenerating)
        guard request.limits.maxTokens > 0 else { return GenerationOutcome(tokens: 0, end: .length, cachedTokens: 0) }
        // The last token needs no room: nothing is computed after it.
        let tokens = request.prompt.count + min(request.limits.maxTokens, limits.tokens) - 1
        let room = max(request.prompt.count, min(tokens, longestGenerating, limits.tokens))
        return try await submit(tokens: room, sharesPrefix, deadline) { .generate(request, onToken: onToken, $0) }
    }

    private func check(_ tokens: [Int32], longest: Int) throws {
        let limit = min(longest, limits.tokens)
        guard tokens.count <= limit else { throw SchedulerError.tooLong(tokens: tokens.count, limit: limit) }
        for token in tokens where token < 0 || Int(token) >= model.configuration.vocabulary {
            throw SessionError.tokenOutOfRange(token)
        }
    }

    private func submit<Result: Sendable>(
        tokens: Int,
        _ sharesPrefix: Bool,
        _ deadline: ContinuousClock.Instant?,
        _ work: (CheckedContinuation<Result, any Error>) -> Submission.Work
    ) async throws -> Result {
        guard tokens <= limits.tokens else { throw SchedulerError.tooLong(tokens: tokens, limit: limits.tokens) }
        let ticket = InferenceTicket(deadline: deadline)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let submission = Submission(
                    ticket: ticket,
                    work: work(continuation),
                    tokens: tokens,
                    sharesPrefix: sharesPrefix
                )
                guard let refusal = inbox.submit(submission) else { return }
                if case SchedulerError.overloaded = refusal { counters.refused.add(1, ordering: .relaxed) }
                submission.fail(refusal)
            }
        } onCancel: {
            ticket.cancel()
            inbox.withdraw(ticket)?.fail(CancellationError())
        }
    }
}
