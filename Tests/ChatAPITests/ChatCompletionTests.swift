import ChatAPI
import GuardCore
import Testing

struct ChatCompletionTests {
    private func completion(message: String, choice: String = "", members: String = "") throws -> ChatCompletion {
        try ChatCompletion(
            parsing: Array(
                #"{"id":"c1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant"\#(message)},"finish_reason":"stop"\#(choice)}]\#(members)}"#
                    .utf8
            )
        )
    }

    @Test(
        arguments: [
            (#","content":"W W""#, "", ""), (#","content":[{"type":"text","text":"W W"}]"#, "", ""),
            (#","refusal":"W W""#, "", ""), (#","reasoning_content":"W W""#, "", ""), (#","reasoning":"W W""#, "", ""),
            (#","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"W W"}}]"#, "", ""),
            (#","function_call":{"name":"f","arguments":"W W"}"#, "", ""), (#","audio":{"transcript":"W W"}"#, "", ""),
            (#","annotations":[{"type":"url_citation","url_citation":{"title":"W W"}}]"#, "", ""),
            (#","unheard_of":["W W"]"#, "", ""), ("", #","unheard_of":"W W""#, ""), ("", "", #","unheard_of":"W W""#),
            ("", #","finish_reason2":"W W""#, ""), ("", "", #","system_fingerprint":"W W""#),
        ]
    )
    func wordsAreFoundAndEditedWhereverTheyStand(message: String, choice: String, members: String) throws {
        let read = try completion(message: message, choice: choice, members: members)
        let segment = try #require(read.segments.first { $0.text == "W W" })
        let edited = read.editing(replacements: [segment.path: "new"])
        #expect(!String(decoding: edited.serialized, as: UTF8.self).contains("W W"))
        #expect(edited.segments.contains { $0.path == segment.path } || segment.text != "new")
    }

    @Test func toolCallsAreTheTools() throws {
        let read = try completion(
            message: #","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"a b"}}]"#
        )
        #expect(read.segments.map(\.role) == [.tool, .tool])
        #expect(read.segments.map(\.kind) == [.name, .words])
    }

    @Test func anEditDropsTheTokensThatRepeatTheText() throws {
        let read = try completion(
            message: #","content":"the secret""#,
            choice: #","logprobs":{"content":[{"token":"the"},{"token":" secret"}]}"#
        )
        #expect(read.unscanned.places == ["/choices/0/logprobs"])
        let edited = read.editing(replacements: ["/choices/0/message/content": "the [x]"])
        #expect(!String(decoding: edited.serialized, as: UTF8.self).contains("secret"))
    }

    @Test(
        arguments: [
            #"{"content":[{"token":"W"},{"token":" W"}]}"#, #"{"refusal":[{"token":"W W"}]}"#,
            #"{"content":[],"aside":"W W"}"#, #""W W""#, #"["W W"]"#,
        ]
    )
    func tokensThatSayMoreThanTheTextAreRead(logprobs: String) throws {
        let read = try completion(message: #","content":"hello""#, choice: #","logprobs":\#(logprobs)"#)
        let segment = try #require(read.segments.first { $0.text == "W W" })
        let edited = read.editing(replacements: [segment.path: "[x]"])
        #expect(edited.body.object?["choices"]?.array?.first?.object?["logprobs"] == .null)
    }

    @Test(arguments: [#"["W W"]"#, #""W W""#, "7"])
    func anAnswerThatIsNoObjectIsTheUpstreamsFault(text: String) {
        let error = #expect(throws: ChatAPIError.self) { try ChatCompletion(parsing: Array(text.utf8)) }
        #expect(error?.code == "upstream_bad_response")
    }

    @Test func aMessagesOwnMemberOfThatNameIsRead() throws {
        let read = try completion(message: #","logprobs":{"content":[{"token":"W W"}]}"#)
        #expect(read.segments.contains { $0.text == "W W" })
    }

    @Test func withoutAnEditNothingChanges() throws {
        let read = try completion(
            message: #","content":"a b","x":1.0"#,
            members: #","usage":{"prompt_tokens":3,"completion_tokens":5}"#
        )
        #expect(read.editing(replacements: [:]) == read)
        #expect(read.usage == TokenUsage(prompt: 3, completion: 5))
    }

    @Test(arguments: ["", "<html>", "{", #"{"a":1,"a":2}"#, "\u{FEFF}{}"])
    func anAnswerThatIsNotJSONIsTheUpstreamsFault(text: String) {
        let error = #expect(throws: ChatAPIError.self) { try ChatCompletion(parsing: Array(text.utf8)) }
        #expect(error?.status == 502)
        #expect(error?.code == "upstream_bad_response")
    }

    @Test func anAnswerOfAnotherShapeIsReadAllTheSame() throws {
        #expect(
            try ChatCompletion(parsing: Array(#"{"surprise":["W W"]}"#.utf8)).segments.map(\.text) == [
                "surprise", "W W",
            ]
        )
    }
}
