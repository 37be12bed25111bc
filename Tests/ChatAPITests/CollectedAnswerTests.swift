import GuardCore
import Testing

@testable import ChatAPI

/// What repeats the text of an answer in another form is not read twice, and not left behind an edit.
struct CollectedAnswerTests {
    struct Trial: CustomTestStringConvertible {
        var dialect: any Dialect
        /// `LIST` stands for what repeats the text.
        var body: String
        var list: String
        var text: String

        var testDescription: String { "\(dialect.name) \(list.prefix(30))" }

        func answer(_ list: String) throws -> any DialectAnswer {
            try dialect.answer(parsing: Array(body.replacing("LIST", with: list).utf8))
        }
    }

    private static let tokens =
        #"[{"token":"the","logprob":-1,"bytes":[116],"top_logprobs":[{"token":"a","logprob":-2,"bytes":[]}]},{"token":" secret","logprob":-1}]"#

    static let trials = [
        Trial(
            dialect: ChatCompletions(),
            body: #"{"choices":[{"index":0,"message":{"role":"assistant","content":"the secret"},"logprobs":LIST}]}"#,
            list: #"{"content":\#(tokens),"refusal":null}"#,
            text: "/choices/0/message/content"
        ),
        Trial(
            dialect: TextCompletions(),
            body: #"{"choices":[{"index":0,"text":"the secret","logprobs":LIST}]}"#,
            list:
                #"{"tokens":["the"," secret"],"token_logprobs":[-1,-1],"top_logprobs":[{"the":-1}],"text_offset":[0,3]}"#,
            text: "/choices/0/text"
        ),
        Trial(
            dialect: Responses(),
            body:
                #"{"id":"r","output":[{"type":"message","id":"m","role":"assistant","content":[{"type":"output_text","text":"the secret","annotations":[],"logprobs":LIST}]}]}"#,
            list: tokens,
            text: "/output/0/content/0/text"
        ),
        Trial(
            dialect: GenerateContent(model: "m", isStream: false),
            body:
                #"{"candidates":[{"content":{"parts":[{"text":"the secret"}],"role":"model"},"logprobsResult":LIST}]}"#,
            list:
                #"{"chosenCandidates":[{"token":"the","tokenId":1},{"token":" secret"}],"topCandidates":[{"candidates":[{"token":"a"}]}]}"#,
            text: "/candidates/0/content/parts/0/text"
        ),
        Trial(
            dialect: Ollama(.chat),
            body: #"{"model":"m","logprobs":LIST,"message":{"role":"assistant","content":"the secret"},"done":true}"#,
            list: tokens,
            text: "/message/content"
        ),
    ]

    @Test(arguments: trials)
    func tokensThatRepeatATextAreNotReadAgain(trial: Trial) throws {
        let answer = try trial.answer(trial.list)
        #expect(answer.segments.map(\.path) == [trial.text])
        #expect(answer.unscanned.count == 1)
        #expect(answer.serialized == Array(trial.body.replacing("LIST", with: trial.list).utf8))
    }

    @Test(arguments: trials)
    func tokensThatSaySomethingElseAreReadAsOneText(trial: Trial) throws {
        let answer = try trial.answer(trial.list.replacing(" secret", with: " zebra"))
        #expect(Set(answer.segments.map(\.text)) == ["the secret", "the zebra"])
    }

    @Test(arguments: trials)
    func whatStandsBesideTokensIsRead(trial: Trial) throws {
        for (place, list) in try JSONParser.parse(Array(trial.list.utf8)).addingMember(
            .init(name: "note", value: .string("purple zebra"))
        ) {
            let answer = try trial.answer(String(decoding: JSONWriter.bytes(list), as: UTF8.self))
            #expect(answer.segments.contains { $0.text == "purple zebra" }, "\(place)")
        }
        for words in [#""purple zebra""#, #"["purple zebra"]"#, #"{"nobody_knows":"purple zebra"}"#] {
            #expect(try trial.answer(words).segments.contains { $0.text == "purple zebra" }, "\(words)")
        }
    }

    @Test(arguments: trials)
    func wordsInPlaceOfATokenThatWasNotChosenAreRead(trial: Trial) throws {
        for token in [#"{"token":"a""#, #"{"the":"#] where trial.list.contains(token) {
            let list = trial.list.replacing(
                token,
                with: token.replacing("\"a\"", with: "\"purple zebra\"").replacing("the", with: "purple zebra")
            )
            #expect(try trial.answer(list).segments.contains { $0.text == "purple zebra" })
        }
    }

    @Test(arguments: trials)
    func anEditTakesTheTokensOut(trial: Trial) throws {
        let edited = try trial.answer(trial.list).editing(replacements: [trial.text: "the [x]"])
        let written = String(decoding: edited.serialized, as: UTF8.self)
        #expect(!written.contains("secret") && !written.contains("token"), "\(written)")
        #expect(written.contains("the [x]"))
    }

    @Test(arguments: trials)
    func tokensWaitForTheVerdict(trial: Trial) throws {
        for list in [
            trial.list, trial.list.replacing("secret", with: "zebra"), #""purple zebra""#, #"[{"token":"zebra"}]"#,
        ] {
            let object: JSONObject = ["id": .string("c"), "logprobs": try JSONParser.parse(Array(list.utf8))]
            let plain =
                trial.dialect is ChatCompletions
                ? ChatCompletion.plain(object) : CollectedAnswer.plain(object, form: .textCompletion)
            #expect(plain == ["id": .string("c")])
        }
    }

    @Test(arguments: [
        (
            ChatCompletions() as any Dialect,
            #"{"choices":[{"message":{"content":"a b"},"token_ids":[1,2]}],"prompt_token_ids":[3]}"#,
            #"{"choices":[{"message":{"content":"x"},"token_ids":null}],"prompt_token_ids":null}"#,
            "/choices/0/message/content"
        ),
        (
            ChatCompletions(),
            #"{"choices":[{"message":{"content":null,"audio":{"id":"a","data":"AAAA","transcript":"a b"}}}]}"#,
            #"{"choices":[{"message":{"content":null,"audio":{"id":"a","data":"","transcript":"x"}}}]}"#,
            "/choices/0/message/audio/transcript"
        ),
        (
            TextCompletions(), #"{"choices":[{"text":"a b","prompt_logprobs":[null,{"17":{"decoded_token":"a"}}]}]}"#,
            #"{"choices":[{"text":"x","prompt_logprobs":null}]}"#, "/choices/0/text"
        ),
        (
            Ollama(.generate), #"{"response":"a b","context":[1,2],"done":true}"#,
            #"{"response":"x","context":null,"done":true}"#, "/response"
        ),
    ])
    func whatRepeatsATextInNumbersIsTakenOut(dialect: any Dialect, body: String, rest: String, place: String) throws {
        let answer = try dialect.answer(parsing: Array(body.utf8))
        #expect(answer.segments.map(\.path) == [place])
        let edited = answer.editing(replacements: [place: "x"])
        #expect(String(decoding: edited.serialized, as: UTF8.self) == rest)
        #expect(String(decoding: answer.editing(replacements: [:]).serialized, as: UTF8.self) == body)
    }

    /// What a tool is called with is its own business, whatever its members are called.
    @Test func anEditLeavesArgumentsOfThoseNames() throws {
        let body =
            #"{"candidates":[{"content":{"parts":[{"text":"a b"},{"functionCall":{"name":"f","args":{"logprobsResult":[{"token":"c"}]}}}]}}]}"#
        let answer = try GenerateContent(model: "m", isStream: false).answer(parsing: Array(body.utf8))
        let edited = answer.editing(replacements: ["/candidates/0/content/parts/0/text": "x"])
        #expect(String(decoding: edited.serialized, as: UTF8.self) == body.replacing("a b", with: "x"))
        #expect(answer.segments.contains { $0.text == "c" })
    }

    @Test(arguments: ["9223372036854775807", "4294967297", "-1", "1.5", "\"3\"", "null"])
    func countsThatCannotBeTrueAreNone(count: String) throws {
        for (dialect, body) in [
            (
                ChatCompletions() as any Dialect,
                #"{"choices":[],"usage":{"prompt_tokens":COUNT,"completion_tokens":1}}"#
            ),
            (TextCompletions(), #"{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":COUNT}}"#),
            (Responses(), #"{"output":[],"usage":{"input_tokens":COUNT,"output_tokens":1}}"#),
            (Messages(), #"{"content":[],"usage":{"input_tokens":1,"output_tokens":COUNT}}"#),
            (
                GenerateContent(model: "m", isStream: false),
                #"{"usageMetadata":{"promptTokenCount":COUNT,"candidatesTokenCount":1}}"#
            ),
            (Ollama(.chat), #"{"prompt_eval_count":1,"eval_count":COUNT}"#),
        ] {
            let answer = try dialect.answer(parsing: Array(body.replacing("COUNT", with: count).utf8))
            #expect(answer.usage == nil, "\(dialect.name)")
            let most = try dialect.answer(parsing: Array(body.replacing("COUNT", with: "4294967296").utf8))
            #expect(most.usage != nil, "\(dialect.name)")
        }
    }

    @Test(arguments: [
        (#""cache_creation_input_tokens":20,"cache_read_input_tokens":300"#, TokenUsage(prompt: 321, completion: 4)),
        (#""cache_creation_input_tokens":null,"cache_read_input_tokens":0"#, TokenUsage(prompt: 1, completion: 4)),
        (
            #""cache_creation_input_tokens":9223372036854775807,"cache_read_input_tokens":-1"#,
            TokenUsage(prompt: 1, completion: 4)
        ),
        (
            #""cache_creation":{"ephemeral_5m_input_tokens":20},"cache_creation_input_tokens":20"#,
            TokenUsage(prompt: 21, completion: 4)
        ),
    ])
    func whatAnthropicCountsOfItsCacheIsAddedToThePrompt(counts: String, usage: TokenUsage) throws {
        let body = #"{"content":[],"usage":{"input_tokens":1,\#(counts),"output_tokens":4}}"#
        #expect(try Messages().answer(parsing: Array(body.utf8)).usage == usage)
        let events = [
            #"{"type":"message_start","message":{"content":[],"usage":{"input_tokens":1,\#(counts),"output_tokens":1}}}"#,
            #"{"type":"message_delta","delta":{},"usage":{"output_tokens":4}}"#,
            #"{"type":"message_stop"}"#,
        ]
        var stream = Messages().stream()
        try stream.read(events.map { "data: \($0)\n\n" }.joined().utf8)
        #expect(stream.answer.usage == usage)
        // Counts at the end are of all of it.
        stream = Messages().stream()
        let end = #"{"type":"message_delta","delta":{},"usage":{"input_tokens":1,\#(counts),"output_tokens":4}}"#
        try stream.read([events[0], end, events[2]].map { "data: \($0)\n\n" }.joined().utf8)
        #expect(stream.answer.usage == usage)
    }

    @Test(arguments: [
        (#""thoughtsTokenCount":50"#, TokenUsage(prompt: 1, completion: 54)),
        (#""toolUsePromptTokenCount":600,"cachedContentTokenCount":1"#, TokenUsage(prompt: 601, completion: 4)),
        (#""thoughtsTokenCount":9223372036854775807"#, TokenUsage(prompt: 1, completion: 4)),
    ])
    func whatGeminiCountsOfThoughtsAndToolsIsAdded(counts: String, usage: TokenUsage) throws {
        let body = #"{"usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":4,\#(counts)}}"#
        let dialect = GenerateContent(model: "m", isStream: false)
        #expect(try dialect.answer(parsing: Array(body.utf8)).usage == usage)
    }

    @Test(arguments: FieldFixture.all)
    func anAnswerThatIsNoObjectIsTheUpstreamsFault(fixture: FieldFixture) {
        for body in [#"["here is the zebra"]"#, #""here is the zebra""#, "1", "null"] {
            let error = #expect(throws: ChatAPIError.self) { try fixture.dialect.answer(parsing: Array(body.utf8)) }
            #expect(error?.status == 502)
        }
    }
}
