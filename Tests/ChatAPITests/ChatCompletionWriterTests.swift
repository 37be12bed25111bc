import ChatAPI
import Testing

struct ChatCompletionWriterTests {
    private let writer = ChatCompletionWriter(id: "chatcmpl-guardian-1", created: 1, model: "m\"")

    @Test func aWholeAnswerHasOpenAIsShape() {
        let expected =
            #"{"id":"chatcmpl-guardian-1","object":"chat.completion","created":1,"model":"m\"","choices":[{"index":0,"message":{"role":"assistant","content":"No.","refusal":null},"logprobs":null,"finish_reason":"content_filter"}],"usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}}"#
        #expect(String(decoding: writer.completion("No.", finish: .contentFilter), as: UTF8.self) == expected)
    }

    @Test(arguments: ["", "one", "one two", " a  b\n\nc 😀 ", "\u{301} x"])
    func aStreamHoldsTheSameText(text: String) throws {
        var assembler = DeltaAssembler()
        for event in writer.stream(text, finish: .stop, usage: TokenUsage(prompt: 1, completion: 2)) {
            try assembler.read(event)
        }
        #expect(assembler.isComplete)
        let choice = assembler.completion.body.object?["choices"]?.array?.first?.object
        #expect(choice?["message"]?.object?["content"] == .string(text))
        #expect(choice?["finish_reason"] == .string("stop"))
        #expect(assembler.completion.usage == TokenUsage(prompt: 1, completion: 2))
    }

    @Test func aStreamBeginsWithTheRoleAndEndsWithDone() {
        let events = writer.stream("a b", finish: .contentFilter, usage: nil).map {
            String(decoding: $0, as: UTF8.self)
        }
        #expect(events.first?.contains(#""delta":{"role":"assistant","content":""}"#) == true)
        #expect(events.last?.hasSuffix("data: [DONE]\n\n") == true)
        #expect(events.last?.contains(#""finish_reason":"content_filter""#) == true)
        #expect(events.allSatisfy { !$0.contains("usage") })
    }

    @Test func thePiecesAreTheText() {
        #expect(TextPieces.of("one two  three") == ["one", " two", " ", " three"])
        #expect(TextPieces.of("").isEmpty)
    }
}
