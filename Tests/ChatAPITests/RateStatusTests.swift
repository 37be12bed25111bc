import Testing

@testable import ChatAPI

struct RateStatusTests {
    private let statuses = [
        RateStatus(kind: .requests, limit: 60, remaining: 59, reset: .milliseconds(1_000)),
        RateStatus(kind: .tokens, limit: 1000, remaining: 10, reset: .seconds(361)),
    ]

    @Test func openAIHasFieldsOfItsOwn() {
        let fields = ErrorForm.openAI.fields(of: statuses, now: 0)
        #expect(fields.map(\.name).first == "x-ratelimit-limit-requests")
        #expect(fields.map(\.value) == ["60", "59", "1s", "1000", "10", "6m1s"])
        #expect(ErrorForm.text(.milliseconds(1)) == "1ms")
        #expect(ErrorForm.text(.microseconds(10)) == "1ms")
        #expect(ErrorForm.text(.seconds(60)) == "1m0s")
    }

    @Test func anthropicTellsTheTimeOfTheReset() {
        let fields = ErrorForm.anthropic.fields(of: statuses, now: 1_700_000_000)
        #expect(fields.map(\.name).last == "anthropic-ratelimit-tokens-reset")
        #expect(fields.map(\.value).last == "2023-11-14T22:19:21Z")
    }

    @Test func theOthersHaveNone() {
        #expect(ErrorForm.gemini.fields(of: statuses, now: 0).isEmpty)
        #expect(ErrorForm.ollama.fields(of: statuses, now: 0).isEmpty)
    }

    @Test(arguments: [
        (ErrorForm.openAI, #""type":"requests","param":null,"code":"rate_limit_exceeded""#),
        (.anthropic, #""type":"rate_limit_error""#), (.gemini, #""status":"RESOURCE_EXHAUSTED","details":[{"@type":"#),
        (.gemini, #""retryDelay":"3s""#), (.ollama, #"{"error":"Rate limit reached for requests"#),
    ]) func everyFormSaysThatALimitIsReached(form: ErrorForm, words: String) {
        let error = ChatAPIError.rateLimited(statuses[0], wait: .milliseconds(2_100))
        #expect(error.status == 429 && error.retryAfter == 3)
        #expect(String(decoding: form.body(of: error), as: UTF8.self).contains(words))
    }
}
