import Testing

@testable import ChatAPI

@Suite struct EventReaderTests {
    private func read(_ events: [String], limits: JSONLimits) throws(ChatAPIError) -> Int {
        var reader = EventReader(.serverSentEvents, limits: limits)
        return try reader.read(events.map { "data: \($0)\n\n" }.joined().utf8).count
    }

    /// An answer may keep what each of its events says.
    @Test(arguments: [
        (#"{"a":["",""]}"#, "20 values"), (#"{"a":[1,2]}"#, "10 numbers"),
        (#"{"aaaaaaaaaaaaaaaaaaaaaaaa":[1]}"#, "names around"),
    ])
    func theLimitsHoldForAllEventsTogether(event: String, what: String) throws {
        var limits = JSONLimits(bytes: 40)
        limits.values = 20
        limits.numbers = 10
        limits.places = 0
        #expect(try read(Array(repeating: event, count: 5), limits: limits) == 5)
        let error = #expect(throws: ChatAPIError.self) {
            try read(Array(repeating: event, count: 6), limits: limits)
        }
        #expect(error?.status == 502 && error?.message.contains(what) == true)
    }

    /// Each event says again what they have in common.
    @Test(arguments: [
        #"{"choices":[{"delta":{"content":"a"}}]}"#, #"{"choices":[{"index":0,"delta":{"content":"a"}}]}"#,
        #"{"id":"c","created":1700000000,"model":"m","choices":[{"index":0,"delta":{"content":"a"},"logprobs":null}]}"#,
    ])
    func aLongAnswerInShortEventsIsRead(event: String) throws {
        var limits = JSONLimits(bytes: 256 << 10)
        limits.values = 0
        limits.numbers = 0
        limits.places = 0
        let count = limits.bytes / (event.utf8.count + 8)
        #expect(try read(Array(repeating: event, count: count), limits: limits) == count)
    }
}
