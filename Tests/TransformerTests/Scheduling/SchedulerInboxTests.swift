import Testing

@testable import Transformer

struct SchedulerInboxTests {
    private let inbox = SchedulerInbox(limits: SchedulerLimits())

    /// Leaves a reading of three tokens, and waits for its answer.
    private func submit(_ ticket: InferenceTicket) async throws -> [[Float]] {
        try await withCheckedThrowingContinuation { continuation in
            let submission = Submission(
                ticket: ticket,
                work: .read([], continuation),
                tokens: 3,
                sharesPrefix: false
            )
            if let refusal = inbox.submit(submission) { submission.fail(refusal) }
        }
    }

    @Test func whatNobodyWaitsForAnyMoreIsTakenOutAndTheRestStays() async throws {
        let start = ContinuousClock.now
        let cancelled = InferenceTicket(deadline: nil)
        let tickets = [
            InferenceTicket(deadline: start + .seconds(3000)), InferenceTicket(deadline: start + .seconds(5000)),
            InferenceTicket(deadline: nil), cancelled,
        ]
        let answers = tickets.map { ticket in Task { try await submit(ticket) } }
        while inbox.requests < answers.count { await Task.yield() }
        let none = inbox.withdrawExpired(at: start)
        #expect(none.isEmpty)
        cancelled.cancel()
        let expired = inbox.withdrawExpired(at: start + .seconds(4000))
        #expect(expired.count == 2)
        // There is room again for others.
        #expect(inbox.requests == 2)
        #expect(inbox.tokens == 6)
        // What was taken out is answered once.
        let isGone = inbox.withdraw(cancelled) == nil
        #expect(isGone)
        for (submission, reason) in expired { submission.fail(reason) }
        await #expect(throws: SchedulerError.deadlineExceeded) { try await answers[0].value }
        await #expect(throws: CancellationError.self) { try await answers[3].value }
        let left = inbox.take(mayWait: false)
        #expect(left.count == 2)
        for submission in left { submission.fail(SchedulerError.shutDown) }
        await #expect(throws: SchedulerError.shutDown) { try await answers[1].value }
        await #expect(throws: SchedulerError.shutDown) { try await answers[2].value }
    }
}
