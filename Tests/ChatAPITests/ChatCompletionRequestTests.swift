import ChatAPI
import GuardCore
import Testing

struct ChatCompletionRequestTests {
    private func request(_ json: String) throws(ChatAPIError) -> ChatCompletionRequest {
        try ChatCompletionRequest(parsing: Array(json.utf8))
    }

    /// A request with more members, and more members in its only message.
    private func hello(_ members: String = "", message: String = "") -> String {
        #"{"model":"m","messages":[{"role":"user","content":"hello"\#(message)}]\#(members)}"#
    }

    @Test func readsWhatTheGatewayNeeds() throws {
        let read = try request(
            hello(
                #","stream":true,"stream_options":{"include_usage":true},"max_tokens":5,"temperature":0.5,"top_p":1,"seed":7,"stop":["a","b"]"#
            )
        )
        #expect(read.model == "m")
        #expect(read.isStream && read.includesUsage)
        #expect(read.maxTokens == 5 && read.seed == 7)
        #expect(read.temperature == 0.5 && read.topP == 1)
        #expect(read.stop == ["a", "b"])
    }

    @Test func nullIsTheSameAsNothing() throws {
        let read = try request(
            hello(
                #","stream":null,"stream_options":null,"max_tokens":null,"temperature":null,"stop":null,"input_ids":null"#
            )
        )
        #expect(!read.isStream && !read.includesUsage && read.maxTokens == nil && read.stop == [])
    }

    @Test(
        arguments: [
            ("[]", nil), ("\"hello\"", nil), ("{}", "model"), (#"{"model":"m"}"#, "messages"),
            (#"{"model":"","messages":[1]}"#, "model"), (#"{"model":["m"],"messages":[1]}"#, "model"),
            (#"{"model":"m","messages":[]}"#, "messages"), (#"{"model":"m","messages":{}}"#, "messages"),
            (#"{"model":"m","messages":["x"]}"#, "messages[0]"),
            (#"{"model":"m","messages":[{"content":"x"}]}"#, "messages[0].role"),
            (#"{"model":"m","messages":[{"role":["user"],"content":"x"}]}"#, "messages[0].role"),
            (#"{"model":"m","messages":[{"role":"User","content":"x"}]}"#, "messages[0].role"),
            (#"{"model":"m","messages":[{"role":"user","content":{}}]}"#, "messages[0].content"),
            (#"{"model":"m","messages":[{"role":"user","content":["x"]}]}"#, "messages[0].content[0]"),
            (#"{"model":"m","messages":[{"role":"user","content":[{"text":"x"}]}]}"#, "messages[0].content[0]"),
        ] as [(String, String?)]
    )
    func aWrongShapeIsRefusedAndNamed(json: String, parameter: String?) {
        let error = #expect(throws: ChatAPIError.self) { try request(json) }
        #expect(error?.status == 400)
        #expect(error?.type == "invalid_request_error")
        #expect(error?.parameter == parameter)
    }

    @Test(
        arguments: [
            (#","stream":"true""#, "stream"), (#","stream":1"#, "stream"),
            (#","stream_options":true"#, "stream_options"),
            (#","stream_options":{"include_usage":1}"#, "stream_options.include_usage"),
            (#","max_tokens":0"#, "max_tokens"), (#","max_tokens":"5""#, "max_tokens"),
            (#","max_tokens":1e400"#, "max_tokens"), (#","temperature":"1""#, "temperature"),
            (#","temperature":-1"#, "temperature"), (#","temperature":1e400"#, "temperature"),
            (#","n":0"#, "n"), (#","n":129"#, "n"), (#","n":"2""#, "n"), (#","n":1.5"#, "n"), (#","n":1e400"#, "n"),
            (#","top_p":2"#, "top_p"), (#","stop":1"#, "stop"), (#","stop":[1]"#, "stop"),
        ]
    )
    func aWrongMemberIsRefusedAndNamed(members: String, parameter: String) {
        let error = #expect(throws: ChatAPIError.self) { try request(hello(members)) }
        #expect(error?.parameter == parameter)
    }

    @Test(arguments: ["Messages", "STREAM", "Model", "Tools", "Stream_Options", "Input_IDs"])
    func aMemberThatDiffersInCaseOnlyIsRefused(name: String) {
        let error = #expect(throws: ChatAPIError.self) { try request(hello(#","\#(name)":null"#)) }
        #expect(error?.parameter == name)
    }

    @Test(arguments: ["Role", "CONTENT", "Tool_Calls"])
    func aMessagesMemberThatDiffersInCaseOnlyIsRefused(name: String) {
        let error = #expect(throws: ChatAPIError.self) { try request(hello(message: #","\#(name)":null"#)) }
        #expect(error?.parameter == "messages[0].\(name)")
    }

    @Test func theNumberOfAnswersIsOneUnlessGiven() throws {
        #expect(try request(hello("")).choiceCount == 1)
        #expect(try request(hello(#","n":null"#)).choiceCount == 1)
        #expect(try request(hello(#","n":128"#)).choiceCount == 128)
    }

    @Test func aJSONErrorIsTheCallers() {
        let error = #expect(throws: ChatAPIError.self) { try request(#"{"model":"m","model":"n"}"#) }
        #expect(error?.status == 400)
        #expect(error?.code == "invalid_json")
        #expect(error?.message.contains("line 1") == true)
    }

    @Test func aBodyThatHoldsTooMuchIsNotCalledMalformed() {
        let values = Array(repeating: "true", count: 200_001).joined(separator: ",")
        let error = #expect(throws: ChatAPIError.self) { try request("{\"a\":[\(values)]}") }
        #expect(error?.status == 400)
        #expect(error?.code == "too_many_values")
        #expect(error?.message.contains("200000 values") == true)
    }

    @Test func rolesAndTurnsAreTheMessages() throws {
        let read = try request(
            #"{"model":"m","messages":[{"role":"system","content":"s s"},{"role":"developer","content":"d d"},{"role":"user","content":"u u"},{"role":"assistant","content":"a a"},{"role":"tool","tool_call_id":"c","content":"t t"},{"role":"function","name":"f","content":"f f"}]}"#
        )
        #expect(read.segments.map(\.role) == [.system, .developer, .user, .assistant, .tool, .tool, .tool])
        #expect(read.segments.map(\.turn) == [0, 1, 2, 3, 4, 5, 5])
        #expect(read.segments.map(\.path).last == "/messages/5/content")
        #expect(read.lastUserText == "u u")
    }

    /// Each place of the dialect that can hold words, with the words in it.
    private static let places = [
        ("", #","name":"W W""#), ("", #","refusal":"W W""#), ("", #","reasoning_content":"W W""#),
        ("", #","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"W W"}}]"#),
        ("", #","tool_calls":[{"id":"c","type":"function","function":{"name":"W W","arguments":"{}"}}]"#),
        ("", #","tool_calls":[{"id":"W W","type":"function","function":{"name":"f","arguments":"{}"}}]"#),
        ("", #","function_call":{"name":"f","arguments":"W W"}"#), ("", #","unheard_of":{"a":[{"b":"W W"}]}"#),
        (#","tools":[{"type":"function","function":{"name":"f","description":"W W"}}]"#, ""),
        (#","tools":[{"type":"function","function":{"name":"f","parameters":{"properties":{"W W":{}}}}}]"#, ""),
        (#","tools":[{"type":"function","function":{"name":"f","parameters":{"enum":["W W"]}}}]"#, ""),
        (#","functions":[{"name":"f","description":"W W"}]"#, ""), (#","tool_choice":{"function":{"name":"W W"}}"#, ""),
        (#","response_format":{"type":"json_schema","json_schema":{"schema":{"title":"W W"}}}"#, ""),
        (#","stop":"W W""#, ""), (#","stop":["a","W W"]"#, ""),
        (#","prediction":{"type":"content","content":[{"type":"text","text":"W W"}]}"#, ""), (#","user":"W W""#, ""),
        (#","metadata":{"k":"W W"}"#, ""), (#","metadata":{"W W":"v"}"#, ""), (#","logit_bias":{"W W":1}"#, ""),
        (#","unheard_of":"W W""#, ""), (#","W W":1"#, ""), (#","suffix":"W W""#, ""), (#","service_tier":"W W""#, ""),
        (#","metadata":{"logprobs":"W W"}"#, ""), ("", #","file_data":"W W""#),
        (#","metadata":{"b64_json":"W W","image_url":{"url":1}}"#, ""),
        (#","tools":[{"function":{"parameters":{"properties":{"logprobs":{"description":"W W"}}}}}]"#, ""),
        (#","web_search_options":{"user_location":{"approximate":{"city":"W W"}}}"#, ""),
    ]

    @Test(arguments: places)
    func wordsAreFoundWhereverTheyStand(members: String, message: String) throws {
        let read = try request(hello(members, message: message))
        #expect(read.segments.contains { $0.text == "W W" }, "\(members)\(message)")
    }

    @Test(arguments: places)
    func wordsAreEditedWhereverTheyStand(members: String, message: String) throws {
        let read = try request(hello(members, message: message))
        let place = try #require(read.segments.first { $0.text == "W W" }).path
        let edited = try read.editing(replacements: [place: "new"], steering: [])
        let expected = hello(members, message: message).replacing("W W", with: "new")
        #expect(String(decoding: edited.serialized, as: UTF8.self) == expected)
    }

    @Test func tokensOfAnEarlierAnswerGoWithWhatIsEditedAndAreStillAskedFor() throws {
        let read = try request(hello(#","logprobs":true"#, message: #","logprobs":{"a":"W W"}"#))
        let place = try #require(read.segments.first { $0.text == "W W" }).path
        let edited = try read.editing(replacements: [place: "new"], steering: [])
        let expected = hello(#","logprobs":true"#, message: #","logprobs":null"#)
        #expect(String(decoding: edited.serialized, as: UTF8.self) == expected)
    }

    @Test(
        arguments: [
            #"{"type":"image_url","image_url":{"url":"W W"}}"#, #"{"type":"image_url","image_url":"W W"}"#,
            #"{"type":"image_url","image_url":{"url":"data:text/plain,W W"}}"#,
            #"{"type":"image_url","image_url":{"url":"https://example.org/ W W"}}"#,
            #"{"type":"input_audio","input_audio":{"data":"W W"}}"#, #"{"type":"file","file":{"file_data":"W W"}}"#,
            #"{"type":"file","file":{"file_data":"data:text/plain;base64,W W"}}"#,
        ]
    )
    func wordsInThePlaceOfDataAreFound(part: String) throws {
        let read = try request(#"{"model":"m","messages":[{"role":"user","content":[\#(part)]}]}"#)
        #expect(read.segments.contains { $0.text.contains("W W") })
        #expect(read.unscanned.isEmpty)
    }

    /// Go's decoder takes the long s for an s and the Kelvin sign for a k when it looks for a member.
    @Test(arguments: ["me\u{17F}\u{17F}age\u{17F}", "\u{17F}tream", "\u{17F}TREAM"])
    func aMemberThatSomeServersFoldIntoAKnownOneIsRefused(name: String) {
        let error = #expect(throws: ChatAPIError.self) { try request(hello(#","\#(name)":null"#)) }
        #expect(error?.code == "ambiguous_name")
    }

    @Test func namesThatAreEditedIntoTheSameOneStayApart() throws {
        let read = try request(hello(#","metadata":{"W 1":1,"[x]":2,"W 2":3}"#))
        let edited = try read.editing(
            replacements: ["/metadata/W 1~name": "[x]", "/metadata/W 2~name": "[x]"],
            steering: []
        )
        #expect(
            edited.body.object?["metadata"]
                == .object(["[x] 2": .number("1"), "[x]": .number("2"), "[x] 3": .number("3")])
        )
    }

    @Test func contentPartsAreSegmentsOfTheirOwn() throws {
        let read = try request(
            #"{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA","detail":"low"}},{"type":"text","text":"b"},{"type":"input_audio","input_audio":{"data":"AAAA","format":"wav"}},{"type":"file","file":{"filename":"the plan","file_data":"AAAA"}}]}]}"#
        )
        #expect(read.segments.map(\.text) == ["a", "b", "the plan"])
        #expect(read.segments.allSatisfy { $0.role == .user && $0.turn == 0 })
        #expect(
            read.unscanned.places == [
                "/messages/0/content/1/image_url/url", "/messages/0/content/3/input_audio/data",
                "/messages/0/content/4/file/file_data",
            ]
        )
    }

    @Test func steeringPutsSystemMessagesFirst() throws {
        let read = try request(hello())
        let edited = try read.editing(replacements: ["/messages/0/content": "hi"], steering: ["one", "two"])
        let expected =
            #"{"model":"m","messages":[{"role":"system","content":"one"},{"role":"system","content":"two"},{"role":"user","content":"hi"}]}"#
        #expect(String(decoding: edited.serialized, as: UTF8.self) == expected)
        #expect(edited.segments.map(\.path) == ["/messages/0/content", "/messages/1/content", "/messages/2/content"])
    }

    @Test func whatIsSentIsWhatWasRead() throws {
        let text =
            #"{"model":"m","x":1.0e0,"messages":[{"role":"user","content":"\u00e9\/","y":[null,-0]}],"z":{"b":1,"a":2}}"#
        let expected =
            #"{"model":"m","x":1.0e0,"messages":[{"role":"user","content":"é/","y":[null,-0]}],"z":{"b":1,"a":2}}"#
        #expect(String(decoding: try request(text).serialized, as: UTF8.self) == expected)
    }

    @Test func theConversationIsPlainText() throws {
        let read = try request(
            #"{"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},{"role":"assistant","content":null}]}"#
        )
        #expect(read.conversation.map(\.role) == ["system", "user", "assistant"])
        #expect(read.conversation.map(\.text) == ["s", "a\nb", ""])
    }
}
