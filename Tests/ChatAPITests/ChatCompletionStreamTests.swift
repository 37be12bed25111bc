import ChatAPI
import GuardCore
import Testing

struct ChatCompletionStreamTests {
    private func completion(_ json: String) throws -> ChatCompletion { try ChatCompletion(parsing: Array(json.utf8)) }

    /// What a client makes of the stream.
    private func reread(_ completion: ChatCompletion) throws -> ChatCompletion {
        var assembler = DeltaAssembler()
        try assembler.read(completion.stream)
        #expect(assembler.isComplete)
        return assembler.completion
    }

    private func texts(_ completion: ChatCompletion) -> [String: String] {
        Dictionary(uniqueKeysWithValues: completion.segments.map { ($0.path, $0.text) })
    }

    private let answer =
        #"{"id":"c1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"one two  three\n","reasoning_content":"a b"},"finish_reason":"stop"},{"index":1,"message":{"role":"assistant","content":null,"tool_calls":[{"id":"x","type":"function","function":{"name":"f","arguments":"{\"q\": 1}"}},{"id":"y","type":"function","function":{"name":"g","arguments":"{ }"}}]},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":3,"completion_tokens":5,"total_tokens":8}}"#

    @Test func aClientReadsTheSameWords() throws {
        let whole = try completion(answer)
        let back = try reread(whole)
        #expect(texts(back) == texts(whole))
        #expect(back.usage == whole.usage)
    }

    @Test func anAssembledAnswerIsReadBackEqual() throws {
        let assembled = try reread(try completion(answer))
        #expect(try reread(assembled) == assembled)
    }

    @Test func theWordsComeInPieces() throws {
        var parser = EventStreamParser()
        #expect(try parser.read(try completion(answer).stream).count > 6)
    }

    @Test func anEditedStreamHoldsNothingOfTheOldText() throws {
        let edited = try completion(answer).editing(replacements: ["/choices/0/message/content": "[x]"])
        #expect(!String(decoding: edited.stream, as: UTF8.self).contains("two"))
        #expect(texts(try reread(edited))["/choices/0/message/content"] == "[x]")
    }

    @Test func everyChoiceFinishesOnce() throws {
        var parser = EventStreamParser()
        var reasons: [String] = []
        for event in try parser.read(try completion(answer).stream) where event.data != "[DONE]" {
            let chunk = try JSONParser.parse(Array(event.data.utf8)).object
            #expect(chunk?["object"] == .string("chat.completion.chunk"))
            #expect(chunk?["id"] == .string("c1"))
            reasons += (chunk?["choices"]?.array ?? []).compactMap { $0.object?["finish_reason"]?.string }
        }
        #expect(reasons == ["stop", "tool_calls"])
    }

    /// Two choices, of which the second began.
    private func twoChoices() throws -> ChatCompletionStream {
        var stream = ChatCompletionStream()
        for (index, text) in [(1, "c d"), (0, "a b")] {
            let choice = #"{"index":\#(index),"delta":{"role":"assistant","content":"\#(text)"},"finish_reason":null}"#
            try stream.read("data: {\"id\":\"c1\",\"choices\":[\(choice)]}\n\n".utf8)
        }
        return stream
    }

    private func choices(_ bytes: [UInt8]) throws -> [JSONObject] {
        var parser = EventStreamParser()
        var choices: [JSONObject] = []
        for event in try parser.read(bytes) where event.data != "[DONE]" {
            let chunk = try JSONParser.parse(Array(event.data.utf8)).object
            choices += (chunk?["choices"]?.array ?? []).compactMap(\.object)
        }
        return choices
    }

    /// OpenAI's client lists the choices as they come and looks for each at its index.
    private func expectInOrder(_ choices: [JSONObject], count: Int) {
        let roles = choices.filter { $0["delta"]?.object?["role"] != nil }.compactMap { $0["index"]?.integer }
        #expect(roles == Array(0..<count))
        for index in 0..<count {
            let first = choices.first { $0["index"]?.integer == index }
            #expect(first?["delta"]?.object?["role"] == .string("assistant"))
        }
    }

    @Test func aChoiceThatBeginsFirstIsAnnouncedBehindThoseBeforeIt() throws {
        var stream = try twoChoices()
        var bytes = stream.piece("c", of: 1)
        expectInOrder(try choices(bytes), count: 2)
        #expect(stream.begun == [1])
        bytes += stream.piece(" d", of: 1)
        // The first choice waited for the end.
        bytes += stream.rest(of: stream.answer, texts: [1: ""])
        expectInOrder(try choices(bytes), count: 2)
        var back = DeltaAssembler()
        try back.read(bytes)
        #expect(texts(back.completion) == ["/choices/0/message/content": "a b", "/choices/1/message/content": "c d"])
    }

    @Test func everyAnnouncedChoiceIsEndedWhereTheStreamIsFiltered() throws {
        var stream = try twoChoices()
        let bytes = stream.piece("c", of: 1) + stream.filtered(saying: ["No."])
        let ended = try choices(bytes).filter { $0["finish_reason"] == .string("content_filter") }
        #expect(ended.compactMap { $0["index"]?.integer } == [0, 1])
    }
}
