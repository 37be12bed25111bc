import Testing

@testable import ChatAPI

struct DialectRequestTests {
    private func lastUserText(_ content: String) throws -> String? {
        let messages = [
            #"{"role":"user","content":"the first question"}"#, #"{"role":"assistant","content":"an answer"}"#,
            #"{"role":"user","content":\#(content)}"#, #"{"role":"tool","tool_call_id":"c","content":"a result"}"#,
        ]
        let body = #"{"model":"m","messages":[\#(messages.joined(separator: ","))],"unheard_of":"other words"}"#
        return try ChatCompletions().request(parsing: Array(body.utf8)).lastUserText
    }

    @Test func `what the user said last is all of the last turn`() throws {
        #expect(try lastUserText(#""the second question""#) == "the second question")
        let parts = #"[{"type":"text","text":"the second question"},{"type":"text","text":"ok"}]"#
        #expect(try lastUserText(parts) == "the second question\nok")
    }

    @Test func `what stands in no turn is what the user said where there is no turn`() throws {
        let body = #"{"model":"m","unheard_of":"other words","unknown":"more words"}"#
        let request = try Ollama(.generate).request(parsing: Array(body.utf8))
        #expect(request.lastUserText == "other words\nmore words")
    }

    @Test func `choices that answer nothing of their own have no query`() throws {
        let body = #"{"model":"m","messages":[{"role":"user","content":"a question"}],"n":2}"#
        let request = try ChatCompletions().request(parsing: Array(body.utf8))
        let answer = #"{"choices":[{"index":0,"message":{"content":"one"}},{"index":1,"message":{"content":"two"}}]}"#
        let read = try ChatCompletions().answer(parsing: Array(answer.utf8), limits: JSONLimits())
        #expect(request.queries(of: read).isEmpty)
    }
}
