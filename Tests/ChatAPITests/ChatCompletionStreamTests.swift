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
}
