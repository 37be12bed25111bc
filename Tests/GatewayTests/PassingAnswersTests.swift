import Synchronization
import Testing

@testable import Gateway

@Suite struct PassingAnswersTests {
    private func place(_ name: String, of account: String = "a", isOngoing: Bool = false) -> PassingAnswers.Place {
        PassingAnswers.Place(account: account, name: name, isOngoing: isOngoing)
    }

    @Test func `whoever goes on from an answer waits until it was read`() async throws {
        let passing = PassingAnswers(patience: .seconds(3600))
        let one = place("resp_1")
        passing.begin(one)
        let isRead = Mutex(false)
        let reading = Task {
            try await Task.sleep(for: .milliseconds(50))
            isRead.withLock { $0 = true }
            passing.end(one)
        }
        await passing.wait(for: one)
        #expect(isRead.withLock { $0 })
        #expect(passing.count == 0)
        try await reading.value
    }

    @Test func `nobody waits for an answer of another name or of another caller`() async {
        let passing = PassingAnswers(patience: .seconds(3600))
        passing.begin(place("resp_1"))
        for other in [place("resp_2"), place("resp_1", of: "b"), place("resp_1", isOngoing: true)] {
            await passing.wait(for: other)
            // Ended for somebody else, it goes on.
            passing.end(other)
        }
        #expect(passing.leads(to: place("resp_1")))
    }

    @Test func `a conversation is waited for until the last of its answers was read`() {
        let passing = PassingAnswers()
        let conversation = place("conv_1", isOngoing: true)
        for _ in 0..<2 { passing.begin(conversation) }
        passing.end(conversation)
        #expect(passing.leads(to: conversation) && passing.count == 1)
        passing.end(conversation)
        #expect(!passing.leads(to: conversation) && passing.count == 0)
    }

    @Test func `nobody waits for longer than the limit, nor after leaving`() async {
        let one = place("resp_1")
        let passing = PassingAnswers(patience: .milliseconds(30))
        passing.begin(one)
        await passing.wait(for: one)
        #expect(passing.count == 1)
        let patient = PassingAnswers(patience: .seconds(3600))
        patient.begin(one)
        let waiting = Task { await patient.wait(for: one) }
        waiting.cancel()
        await waiting.value
        #expect(patient.count == 1)
    }
}
