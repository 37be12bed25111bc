import ChatAPI
import GuardCore
import Testing

struct DeltaAssemblerTests {
    /// The events of a stream, given as the choices of each chunk.
    private static func stream(_ choices: [String], done: Bool = true) -> String {
        let head = #"data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":["#
        return choices.map { head + $0 + "]}\n\n" }.joined() + (done ? "data: [DONE]\n\n" : "")
    }

    private static func delta(_ delta: String, index: Int = 0, finish: String = "null") -> String {
        #"{"index":\#(index),"delta":{\#(delta)},"finish_reason":\#(finish)}"#
    }

    private func assemble(_ text: String) throws(ChatAPIError) -> DeltaAssembler {
        var assembler = DeltaAssembler()
        try assembler.read(Array(text.utf8))
        return assembler
    }

    private func texts(_ text: String) throws -> [String: String] {
        var found: [String: String] = [:]
        for segment in try assemble(text).completion.segments { found[segment.path] = segment.text }
        return found
    }

    @Test func contentIsJoined() throws {
        let text = Self.stream([
            Self.delta(#""role":"assistant","content":"""#), Self.delta(#""content":"two w""#),
            Self.delta(#""content":"ords""#), Self.delta("", finish: #""stop""#),
        ])
        let assembler = try assemble(text)
        #expect(assembler.isComplete)
        #expect(
            String(decoding: assembler.completion.serialized, as: UTF8.self)
                == #"{"id":"c1","object":"chat.completion","created":1,"model":"m","choices":[{"message":{"role":"assistant","content":"two words"},"finish_reason":"stop","index":0}]}"#
        )
    }

    @Test func choicesAreKeptApart() throws {
        let found = try texts(
            Self.stream([
                Self.delta(#""content":"a ""#, index: 1), Self.delta(#""content":"c ""#),
                Self.delta(#""content":"b""#, index: 1),
                Self.delta(#""content":"d""#),
            ])
        )
        #expect(found == ["/choices/0/message/content": "c d", "/choices/1/message/content": "a b"])
    }

    @Test func toolCallsAreJoinedByTheirIndex() throws {
        let found = try texts(
            Self.stream([
                Self.delta(
                    #""tool_calls":[{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":""}}]"#
                ),
                Self.delta(
                    #""tool_calls":[{"index":1,"id":"b","type":"function","function":{"name":"g","arguments":"{"}}]"#
                ),
                Self.delta(#""tool_calls":[{"index":0,"function":{"arguments":"{\"q\": \"W"}}]"#),
                Self.delta(#""tool_calls":[{"index":1,"function":{"arguments":" }"}}]"#),
                Self.delta(#""tool_calls":[{"index":0,"function":{"arguments":" W\"}"}}]"#),
            ])
        )
        #expect(found["/choices/0/message/tool_calls/0/function/arguments"] == #"{"q": "W W"}"#)
        #expect(found["/choices/0/message/tool_calls/1/function/arguments"] == "{ }")
    }

    @Test func callsOfToolsWithoutAnIndexAreToldApartByTheirIds() throws {
        let found = try texts(
            Self.stream([
                Self.delta(#""tool_calls":[{"id":"a","function":{"name":"f","arguments":"{\"q\":1}"}}]"#),
                Self.delta(#""tool_calls":[{"id":"b","function":{"name":"g","arguments":"{\"q\":"}}]"#),
                Self.delta(#""tool_calls":[{"function":{"arguments":"\"x "}}]"#),
                Self.delta(#""tool_calls":[{"id":"b","function":{"arguments":"y\"}"}}]"#),
                Self.delta(#""tool_calls":[{"id":"c","function":{"name":"h"}},{"id":"d","function":{"name":"i"}}]"#),
            ])
        )
        let calls = "/choices/0/message/tool_calls"
        #expect(found["\(calls)/0/function/arguments"] == #"{"q":1}"#)
        #expect(found["\(calls)/1/function/arguments"] == #"{"q":"x y"}"#)
        #expect((0..<4).map { found["\(calls)/\($0)/function/name"] } == ["f", "g", "h", "i"])
    }

    @Test func piecesOfOneCallWithIdsOfTheirOwnAreOneCall() throws {
        let found = try texts(
            Self.stream([
                Self.delta(#""tool_calls":[{"id":"x1","function":{"name":"f","arguments":"{\"q\":"}}]"#),
                Self.delta(#""tool_calls":[{"id":"x2","function":{"arguments":"\"W\"}"}}]"#),
            ])
        )
        #expect(found["/choices/0/message/tool_calls/0/function/arguments"] == #"{"q":"W"}"#)
        #expect(!found.keys.contains { $0.contains("tool_calls/1") })
    }

    @Test(arguments: ["reasoning_content", "reasoning", "refusal", "unheard_of"])
    func otherMembersAreJoinedToo(member: String) throws {
        let found = try texts(Self.stream([Self.delta(#""\#(member)":"W ""#), Self.delta(#""\#(member)":"W""#)]))
        #expect(found["/choices/0/message/\(member)"] == "W W")
    }

    @Test func aMemberThatChangesItsKindIsSentAsItWasRead() throws {
        for (first, second) in [(#""a b""#, #"{"c":"d e"}"#), (#"{"c":"d e"}"#, #""a b""#), ("[1]", #""a b""#)] {
            let assembler = try assemble(Self.stream([Self.delta(#""x":\#(first)"#), Self.delta(#""x":\#(second)"#)]))
            let message = assembler.completion.body.object?["choices"]?.array?.first?.object?["message"]?.object
            #expect(try message?["x"] == JSONParser.parse(Array(second.utf8)))
            #expect(assembler.completion.segments.count { $0.kind == .words } == 1)
        }
    }

    /// What deltas with these values of a member make of it.
    private func member(_ name: String, _ deltas: [String]) throws -> JSONValue? {
        let stream = Self.stream(deltas.map { Self.delta(#""\#(name)":\#($0)"#) })
        let choice = try assemble(stream).completion.body.object?["choices"]?.array?.first?.object
        return choice?["message"]?.object?[name]
    }

    @Test func noAnnotationIsAPieceOfAnother() throws {
        let annotations = [
            #"{"type":"url_citation","url_citation":{"url":"https://example.org/a"}}"#,
            #"{"type":"url_citation","url_citation":{"url":"https://example.org/b"}}"#,
            #"{"type":"file_citation","index":992,"file_id":"c"}"#,
        ]
        let expected = try JSONParser.parse(Array("[\(annotations.joined(separator: ","))]".utf8))
        #expect(try member("annotations", annotations.map { "[\($0)]" }) == expected)
        let two = "[\(annotations[1]),\(annotations[2])]"
        #expect(try member("annotations", ["null", "[\(annotations[0])]", "[]", two]) == expected)
    }

    @Test func theFormatOfAThoughtIsNoPieceOfText() throws {
        let pieces = ["two w", "ords"].map { #"[{"type":"a.text","text":"\#($0)","format":"b-v1","index":0}]"# }
        let expected = #"[{"type":"a.text","text":"two words","format":"b-v1"}]"#
        #expect(try member("reasoning_details", pieces) == JSONParser.parse(Array(expected.utf8)))
    }

    /// The contents of the deltas, in parts and as texts, and what they make.
    static let contents: [([String], String)] = [
        (
            [
                "\"\"", #"[{"type":"thinking","thinking":[{"type":"text","text":"a "}]}]"#,
                #"[{"type":"thinking","thinking":[{"type":"text","text":"b"}]}]"#, "\"c \"", "\"d\"", "\"\"",
            ],
            #"[{"type":"thinking","thinking":[{"type":"text","text":"a b"}]},{"type":"text","text":"c d"}]"#
        ),
        (
            [
                #"[{"type":"thinking","thinking":"a"}]"#, #"[{"type":"text","text":"b "}]"#,
                #"[{"type":"text","text":"c"}]"#, #"[{"type":"thinking","thinking":"d"}]"#,
            ],
            #"[{"type":"thinking","thinking":"a"},{"type":"text","text":"b c"},{"type":"thinking","thinking":"d"}]"#
        ),
        (
            ["\"a\"", #"[{"type":"reference","ids":[1]}]"#, #"[{"type":"reference","ids":[2]}]"#, "\"b\""],
            #"[{"type":"text","text":"a"},{"type":"reference","ids":[1]},{"type":"reference","ids":[2]},{"type":"text","text":"b"}]"#
        ),
        (
            [#"[{"type":"text","text":"a"},{"type":"text","text":"b"}]"#, #"[{"text":"c"}]"#, #"[{"text":"d"}]"#],
            #"[{"type":"text","text":"a"},{"type":"text","text":"b"},{"text":"cd"}]"#
        ),
    ]

    @Test(arguments: contents)
    func noPartOfAContentIsLost(deltas: [String], expected: String) throws {
        #expect(try member("content", deltas) == JSONParser.parse(Array(expected.utf8)))
    }

    @Test func aTextThatGoesOnInPartsIsTheFirstOfThem() throws {
        let text = Self.delta(#""content":"a b""#)
        let part = Self.delta(#""content":[{"type":"reference","ids":[1]}]"#)
        let parts = try assemble(Self.stream([text, part, text]))
        let path = "/choices/0/message/content/0/text"
        #expect(parts.texts == [StreamedText(number: 0, path: path, text: "a b", isWhole: false)])
        // What began in parts waits until it is whole.
        #expect(try assemble(Self.stream([part, text])).texts.isEmpty)
    }

    @Test func anAnswerOfManyPiecesIsPutTogether() throws {
        var assembler = DeltaAssembler()
        let piece = Array(Self.stream([Self.delta(#""content":"four""#)], done: false).utf8)
        for _ in 0..<5_000 { try assembler.read(piece) }
        #expect(assembler.completion.segments.map(\.text) == [String(repeating: "four", count: 5_000)])
    }

    @Test func anEventThatIsNoChunkIsKeptAndRead() throws {
        let found = try texts(#"data: {"error":{"message":"W W"}}"# + "\n\n")
        #expect(Array(found.values) == ["W W"])
    }

    @Test func aStreamCutAnywhereGivesTheSameAnswer() throws {
        let text = Array(
            Self.stream([
                Self.delta(#""role":"assistant","content":"é""#), Self.delta(#""content":"😀 x""#),
                Self.delta("", finish: #""stop""#),
            ]).utf8
        )
        var whole = DeltaAssembler()
        try whole.read(text)
        for cut in text.indices {
            var assembler = DeltaAssembler()
            try assembler.read(text[..<cut])
            try assembler.read(text[cut...])
            #expect(assembler.completion == whole.completion)
            #expect(assembler.isComplete)
        }
    }

    @Test func anErrorIsAnEnd() throws {
        let text = Self.stream([Self.delta(#""content":"a b""#)], done: false)
        #expect(try assemble(text + "data: {\"error\":{\"message\":\"W W\"}}\n\n").isComplete)
        #expect(try !assemble(text + "data: {\"note\":\"W W\"}\n\n").isComplete)
    }

    @Test func aStreamWithoutItsEndIsNotComplete() throws {
        #expect(try !assemble(Self.stream([Self.delta(#""content":"a b""#)], done: false)).isComplete)
    }

    @Test(
        arguments: [
            "data: {\n\n", "data: hello\n\n", "data: {\"a\":1,\"a\":2}\n\n", "data: [DONE]\n\ndata: {\"x\":1}\n\n",
            "data: {\"choices\":[1]}\n\n", "data: {\"choices\":[{\"index\":-1,\"delta\":{}}]}\n\n",
            "data: {\"choices\":[{\"index\":1000000,\"delta\":{}}]}\n\n",
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":99}]}}]}\n\n",
        ]
    )
    func aStreamThatIsNotOfTheDialectIsRefused(text: String) {
        let error = #expect(throws: ChatAPIError.self) { try assemble(text) }
        #expect(error?.status == 502)
    }

    @Test func aStreamThatIsNotUTF8IsRefused() {
        var assembler = DeltaAssembler()
        #expect(throws: ChatAPIError.self) { try assembler.read(Array("data: ".utf8) + [0xC0, 0xAF, 0x0A, 0x0A]) }
    }

    @Test func aListToWhichDeltasAddIsBounded() throws {
        let many = Array(repeating: "{}", count: 2_000).joined(separator: ",")
        let delta = Self.delta("\"annotations\":[\(many)]")
        _ = try assemble(Self.stream([delta, delta]))
        #expect(throws: ChatAPIError.self) { try assemble(Self.stream([delta, delta, delta])) }
    }
}
