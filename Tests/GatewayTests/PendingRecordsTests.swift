import Testing

@testable import Gateway

@Suite struct PendingRecordsTests {
    @Test func whoeverWaitsGoesOnAfterTheLastRecord() async throws {
        let pending = PendingRecords()
        pending.begin()
        pending.begin()
        pending.end()
        let last = Task {
            try await Task.sleep(for: .milliseconds(50))
            pending.end()
        }
        await pending.wait(until: .now + .seconds(3600))
        #expect(pending.count == 0)
        try await last.value
    }

    @Test func whoeverWaitsGoesOnAtTheLimit() async {
        let pending = PendingRecords()
        pending.begin()
        await pending.wait(until: .now + .milliseconds(30))
        #expect(pending.count == 1)
    }
}
