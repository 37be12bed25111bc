import GuardCore
import Testing

@testable import ChatAPI

struct DialectStreamTests {
    private func read(_ fixture: StreamFixture, _ bytes: some Sequence<UInt8>) throws -> any DialectStream {
        var stream = fixture.dialect.stream()
        try stream.read(bytes)
        return stream
    }

    private func texts(_ stream: any DialectStream) -> [String: String] {
        Dictionary(stream.answer.segments.map { ($0.path, $0.text) }) { $1 }
    }

    @Test(arguments: StreamFixture.all)
    func theAnswerIsPutTogether(fixture: StreamFixture) throws {
        let stream = try read(fixture, fixture.bytes)
        #expect(stream.isComplete)
        #expect(stream.mayBegin)
        #expect(stream.texts.map(\.text) == fixture.flowing)
        for text in stream.texts {
            #expect(stream.answer.segments.first { $0.path == text.path }?.text == text.text)
        }
        #expect(stream.answer.segments.contains { $0.text.contains(fixture.held) })
        if fixture.name != "chat", fixture.name != "completions" {
            #expect(stream.answer.usage == TokenUsage(prompt: 3, completion: 9))
        }
    }

    @Test(arguments: StreamFixture.all)
    func aStreamCutAtAnyByteIsReadTheSame(fixture: StreamFixture) throws {
        let whole = try read(fixture, fixture.bytes)
        for cut in 1..<fixture.bytes.count {
            var stream = fixture.dialect.stream()
            try stream.read(fixture.bytes[..<cut])
            // What has come so far is a beginning of what comes.
            for (part, text) in zip(stream.texts, whole.texts) {
                #expect(part.number == text.number && text.text.hasPrefix(part.text))
            }
            try stream.read(fixture.bytes[cut...])
            #expect(stream.answer.body == whole.answer.body)
        }
        var single = fixture.dialect.stream()
        for byte in fixture.bytes { try single.read([byte]) }
        #expect(single.answer.body == whole.answer.body)
    }

    @Test(arguments: StreamFixture.all)
    func aHeldAnswerIsReadBackEqual(fixture: StreamFixture) throws {
        let whole = try read(fixture, fixture.bytes)
        var writer = fixture.dialect.stream()
        var written = whole
        for bytes in [writer.rest(of: whole.answer, texts: [:]), written.rest(of: whole.answer, texts: [:])] {
            let back = try read(fixture, bytes)
            #expect(back.isComplete)
            #expect(texts(back) == texts(whole))
            #expect(back.answer.usage == whole.answer.usage)
        }
    }

    /// The answer passes as the window lets it: pieces as they come, the rest at the end.
    @Test(arguments: StreamFixture.all)
    func anAnswerThatFlowedIsReadBackEqual(fixture: StreamFixture) throws {
        let whole = try read(fixture, fixture.bytes)
        for cut in stride(from: 1, through: fixture.bytes.count, by: 7) {
            var stream = fixture.dialect.stream()
            var output: [UInt8] = []
            var sent: [Int: String] = [:]
            func send() {
                guard stream.mayBegin else { return }
                for text in stream.texts {
                    let new = String(text.text.dropFirst(sent[text.number, default: ""].count))
                    if !new.isEmpty {
                        output += stream.piece(new, of: text.number)
                        sent[text.number, default: ""] += new
                    }
                    if stream.isSequential, !text.isWhole { return }
                }
            }
            try stream.read(fixture.bytes[..<cut])
            send()
            try stream.read(fixture.bytes[cut...])
            send()
            output += stream.rest(of: stream.answer, texts: sent.mapValues { _ in "" })
            let back = try read(fixture, output)
            #expect(back.isComplete)
            #expect(texts(back) == texts(whole), "cut at \(cut)")
        }
    }

    @Test(arguments: StreamFixture.all)
    func aStreamIsEndedWhereItIsFiltered(fixture: StreamFixture) throws {
        let first = try #require(fixture.flowing.first)
        for text in try read(fixture, fixture.bytes).texts {
            var stream = try read(fixture, fixture.bytes)
            var output: [UInt8] = []
            for earlier in stream.texts where earlier.number <= text.number {
                output += stream.piece(earlier.text, of: earlier.number)
            }
            output += stream.filtered(saying: ["\n\nI", " stop."])
            let back = try read(fixture, output)
            #expect(back.isComplete)
            let words = back.answer.segments.map(\.text).joined(separator: "|")
            #expect(words.contains(first) && words.contains("\n\nI stop."))
            #expect(!words.contains(fixture.held))
            let reasons = ["content_filter", "refusal", "SAFETY"]
            #expect(reasons.contains { String(decoding: output, as: UTF8.self).contains("\"\($0)\"") })
        }
    }

    @Test(arguments: StreamFixture.all)
    func aPulseSaysNothing(fixture: StreamFixture) throws {
        let whole = try read(fixture, fixture.bytes)
        var stream = whole
        var output: [UInt8] = []
        for text in whole.texts {
            output += stream.piece(text.text, of: text.number)
            let pulse = stream.pulse()
            #expect(!pulse.isEmpty)
            output += pulse
        }
        output += stream.rest(of: whole.answer, texts: Dictionary(whole.texts.map { ($0.number, "") }) { $1 })
        #expect(texts(try read(fixture, output)) == texts(whole))
    }

    /// The counts come behind the words, and a name in them may say what the words may not.
    @Test(arguments: StreamFixture.all)
    func whatNobodyKnowsIsNotInTheEndOfAFilteredStream(fixture: StreamFixture) throws {
        let counts = #/"(usage|usageMetadata)":\{/#
        let text = String(decoding: fixture.bytes, as: UTF8.self).replacing(counts) {
            "\"\($0.1)\":{\"nobody_knows\":1,\"of\":{\"this\":\"or this\"},"
        }
        var stream = try read(fixture, text.utf8)
        let first = try #require(stream.texts.first)
        var output = stream.piece(first.text, of: first.number)
        output += stream.filtered(saying: [])
        let written = String(decoding: output, as: UTF8.self)
        #expect(!written.contains("nobody_knows") && !written.contains("or this"))
    }

    @Test(arguments: StreamFixture.all)
    func aStreamThatFailsEndsWithAnError(fixture: StreamFixture) throws {
        var stream = try read(fixture, fixture.bytes)
        let number = try #require(stream.texts.first?.number)
        _ = stream.piece("x", of: number)
        let bytes = stream.failed(ChatAPIError(status: 503, message: "Not now.", type: "t", code: "c"))
        #expect(String(decoding: bytes, as: UTF8.self).contains("Not now."))
    }

    @Test(arguments: StreamFixture.all)
    func aStreamThatBreaksOffIsNotComplete(fixture: StreamFixture) throws {
        let half = try read(fixture, fixture.bytes[..<(fixture.bytes.count / 2)])
        #expect(!half.isComplete)
    }

    @Test(arguments: StreamFixture.all)
    func damagedStreamsAreRefusedOrRead(fixture: StreamFixture) throws {
        var generator = SeededGenerator(seed: 11)
        let lines = fixture.bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map(Array.init)
        for _ in 0..<400 {
            var damaged: [UInt8]
            if Bool.random(using: &generator) {
                damaged = fixture.bytes
                let place = Int.random(in: damaged.indices, using: &generator)
                damaged[place] = UInt8.random(in: 0...255, using: &generator)
            } else {
                var mixed = lines
                let (from, to) = (
                    Int.random(in: lines.indices, using: &generator), Int.random(in: lines.indices, using: &generator)
                )
                mixed.swapAt(from, to)
                damaged = Array(mixed.joined(separator: [0x0A]))
            }
            var stream = fixture.dialect.stream()
            do throws(ChatAPIError) {
                try stream.read(damaged)
                // Whatever was read can be written.
                for text in stream.texts where stream.mayBegin { _ = stream.piece(text.text, of: text.number) }
                _ = stream.rest(of: stream.answer, texts: [:])
            } catch {
                #expect(error.status == 502)
            }
        }
    }

    @Test(
        arguments: StreamFixture.all,
        ["-1", "-9223372036854775808", "9223372036854775807", "1000000", "\"0\"", "null"]
    )
    func anIndexThatIsNoneIsRefusedOrLeftOut(fixture: StreamFixture, index: String) throws {
        let text = String(decoding: fixture.bytes, as: UTF8.self)
        for match in text.matches(of: #/"[a-z_]*index":([0-9]+)/#) {
            var stream = fixture.dialect.stream()
            do throws(ChatAPIError) {
                let damaged = text[..<match.1.startIndex] + index + text[match.1.endIndex...]
                try stream.read(damaged.utf8)
                for text in stream.texts where stream.mayBegin { _ = stream.piece(text.text, of: text.number) }
                _ = stream.rest(of: stream.answer, texts: [:])
            } catch {
                #expect(error.status == 502)
            }
        }
    }

    /// What an item says at its end may come without its beginning.
    @Test(arguments: [-1, 1, Int.min, Int.max]) func anItemThatIsOutOfPlaceIsRefused(index: Int) {
        var stream = Responses().stream()
        let event =
            #"{"type":"response.output_item.done","output_index":\#(index),"item":{"type":"message","content":[]}}"#
        #expect(throws: ChatAPIError.self) { try stream.read("data: \(event)\n\n".utf8) }
    }

    @Test(arguments: [#""purple zebra""#, #"{"a":"purple zebra"}"#, #"["purple zebra"]"#])
    func citationsWaitForTheVerdict(citations: String) throws {
        let fixture = try #require(StreamFixture.all.first { $0.name == "messages" })
        let text = String(decoding: fixture.bytes, as: UTF8.self)
            .replacing(#"{"type":"text","text":""}"#, with: #"{"type":"text","text":"","citations":\#(citations)}"#)
        var stream = try read(fixture, text.utf8)
        #expect(stream.answer.segments.contains { $0.text == "purple zebra" })
        for text in stream.texts {
            let piece = String(decoding: stream.piece(text.text, of: text.number), as: UTF8.self)
            #expect(!piece.contains("zebra"))
        }
        let end = String(decoding: stream.filtered(saying: ["No."]), as: UTF8.self)
        #expect(!end.contains("zebra"))
    }

    @Test func aPartThatEndsOtherwiseThanItCameIsRefused() throws {
        let fixture = try #require(StreamFixture.all.first { $0.name == "responses" })
        let text = String(decoding: fixture.bytes, as: UTF8.self)
        let part = #""part":{"type":"output_text","text":"Soup is made of wäter."#
        for other in [
            #""part":{"type":"output_text","text":"Soup is"#,
            #""part":{"type":"refusal","text":"Soup is made of wäter."#,
            #""part":{"type":"output_text","words":"Soup is made of wäter."#,
        ] {
            let damaged = text.replacing(part, with: other)
            #expect(damaged != text)
            #expect(throws: ChatAPIError.self) { try read(fixture, damaged.utf8) }
        }
    }

    /// The end of a message may be there before its first words have gone out.
    @Test func whatAMessageEndsWithHoldsNoWordsUp() throws {
        let fixture = try #require(StreamFixture.all.first { $0.name == "messages" })
        let text = String(decoding: fixture.bytes, as: UTF8.self)
        let ending = text.replacing(#""stop_sequence":null},"usage""#, with: #""stop_sequence":"The end."},"usage""#)
        #expect(ending != text)
        var stream = try read(fixture, ending.utf8)
        #expect(stream.mayBegin)
        let number = try #require(stream.texts.first?.number)
        let piece = String(decoding: stream.piece("x", of: number), as: UTF8.self)
        #expect(!piece.contains("The end.") && piece.contains(#""output_tokens":1"#))
    }

    @Test func tokenCountsAtTheBeginningOfAMessageAreNotThoseOfItsEnd() throws {
        let fixture = try #require(StreamFixture.all.first { $0.name == "messages" })
        var stream = try read(fixture, fixture.bytes)
        let written = String(decoding: stream.rest(of: stream.answer, texts: [:]), as: UTF8.self)
        let events = written.split(separator: "data: ")
        #expect(events.first { $0.contains("\"message_start\"") }?.contains("\"output_tokens\":1") == true)
        #expect(events.first { $0.contains("\"message_delta\"") }?.contains("\"output_tokens\":9") == true)
    }

    @Test func wordsAmongTheFirstTokenCountsThatTheEndTakesBackAreNotSent() throws {
        let fixture = try #require(StreamFixture.all.first { $0.name == "messages" })
        let text = String(decoding: fixture.bytes, as: UTF8.self)
            .replacing(#""output_tokens":1}"#, with: #""output_tokens":1,"service_tier":"a purple zebra"}"#)
            .replacing(#""output_tokens":9}"#, with: #""output_tokens":9,"service_tier":"standard"}"#)
        var stream = try read(fixture, text.utf8)
        #expect(!stream.answer.segments.contains { $0.text.contains("zebra") })
        let written = String(decoding: stream.rest(of: stream.answer, texts: [:]), as: UTF8.self)
        #expect(written.contains(#""output_tokens":1}"#) && !written.contains("zebra"))
    }

    @Test(arguments: ["ollama chat", "ollama generate"])
    func whatEachLineRepeatsIsSentAsItWasEdited(name: String) throws {
        let fixture = try #require(StreamFixture.all.first { $0.name == name })
        let text = String(decoding: fixture.bytes, as: UTF8.self)
            .replacing(#""model":"m""#, with: #""model":"a purple zebra""#)
        var stream = try read(fixture, text.utf8)
        let answer = stream.answer.editing(replacements: ["/model": "a purple [x]"])
        let written = String(decoding: stream.rest(of: answer, texts: [:]), as: UTF8.self)
        #expect(!written.contains("zebra"))
        #expect(written.split(separator: "\n").allSatisfy { $0.contains("a purple [x]") })
    }

    /// Clients that look at the first choice of each event know no event without one.
    @Test(arguments: ["chat", "completions"], [true, false])
    func tokenCountsAreSentAsTheyCame(name: String, isAlone: Bool) throws {
        let fixture = try #require(StreamFixture.all.first { $0.name == name })
        let usage = #""usage":{"prompt_tokens":3,"completion_tokens":9}"#
        let (end, counted) =
            isAlone
            ? ("data: [DONE]", "data: {\"choices\":[],\(usage)}\n\ndata: [DONE]")
            : ("}]}\n\ndata: [DONE]", "}],\(usage)}\n\ndata: [DONE]")
        let whole = try read(fixture, String(decoding: fixture.bytes, as: UTF8.self).replacing(end, with: counted).utf8)
        var flowed = whole
        let first = try #require(whole.texts.first)
        let piece = flowed.piece(first.text, of: first.number)
        var held = fixture.dialect.stream()
        for bytes in [
            held.rest(of: whole.answer, texts: [:]), piece + flowed.rest(of: whole.answer, texts: [first.number: ""]),
        ] {
            let written = String(decoding: bytes, as: UTF8.self)
            #expect(written.contains(#""choices":[]"#) == isAlone)
            #expect(written.ranges(of: #""usage":"#).count == 1)
            let back = try read(fixture, bytes)
            #expect(back.answer.usage == TokenUsage(prompt: 3, completion: 9))
            #expect(texts(back) == texts(whole))
        }
    }

    @Test(arguments: [true, false])
    func whatComesWithTheEndOfAMessageIsSent(hasBegun: Bool) throws {
        let fixture = try #require(StreamFixture.all.first { $0.name == "messages" })
        let ending = #""stop_sequence":null},"usage":{"output_tokens":9}}"#
        let more =
            #""stop_sequence":null,"stop_details":{"type":"refusal","explanation":"Not this one."}},"#
            + #""usage":{"output_tokens":9},"context_management":{"applied_edits":[]}}"#
        let text = String(decoding: fixture.bytes, as: UTF8.self).replacing(ending, with: more)
        var stream = try read(fixture, text.utf8)
        var rests: [Int: String] = [:]
        if hasBegun {
            let first = try #require(stream.texts.first)
            let piece = String(decoding: stream.piece(first.text, of: first.number), as: UTF8.self)
            #expect(!piece.contains("Not this one.") && !piece.contains("applied_edits"))
            rests[first.number] = ""
        }
        var stopped = stream
        let filtered = String(decoding: stopped.filtered(saying: []), as: UTF8.self)
        #expect(!filtered.contains("Not this") && !filtered.contains("applied_edits"))
        let answer = stream.answer.editing(replacements: ["/stop_details/explanation": "Not this [x]."])
        let written = String(decoding: stream.rest(of: answer, texts: rests), as: UTF8.self)
        let end = try #require(written.split(separator: "data: ").first { $0.contains("\"message_delta\"") })
        #expect(end.contains(#""stop_details":{"type":"refusal","explanation":"Not this [x]."}"#))
        #expect(end.contains(#""context_management":{"applied_edits":[]}"#))
    }

    /// Clients raise an error where it stands, and read no further. Some upstreams say nothing more behind it.
    @Test(arguments: ["chat", "completions"], [true, false])
    func theUpstreamsErrorComesBehindWhatWasHeld(name: String, hasEnd: Bool) throws {
        let fixture = try #require(StreamFixture.all.first { $0.name == name })
        let error = "data: {\"error\":{\"message\":\"Out of memory.\"}}" + (hasEnd ? "\n\ndata: [DONE]" : "")
        let text = String(decoding: fixture.bytes, as: UTF8.self).replacing("data: [DONE]", with: error)
        var stream = try read(fixture, text.utf8)
        #expect(stream.isComplete)
        let written = String(decoding: stream.rest(of: stream.answer, texts: [:]), as: UTF8.self)
        let events = written.split(separator: "\n\n")
        #expect(events.firstIndex { $0.contains("Out of memory.") } == events.count - 2)
        #expect(written.contains("garden") && events.last == "data: [DONE]")
    }

    @Test(arguments: [("chat", #""delta":{}"#), ("completions", #""text":"""#)])
    func anErrorBesideTheChoicesIsToldOnceAndBehindTheWords(name: String, nothing: String) throws {
        let fixture = try #require(StreamFixture.all.first { $0.name == name })
        let choice = #"{"index":0,\#(nothing),"finish_reason":"error"}"#
        let error = #"{"id":"c","error":{"message":"Out of memory."},"choices":[\#(choice)]}"#
        let text = String(decoding: fixture.bytes, as: UTF8.self).replacing("[DONE]", with: error)
        var stream = try read(fixture, text.utf8)
        // Some upstreams say nothing more behind it.
        #expect(stream.isComplete)
        #expect(stream.answer.segments.contains { $0.text == "Out of memory." })
        let first = try #require(stream.texts.first)
        let piece = String(decoding: stream.piece(first.text, of: first.number), as: UTF8.self)
        #expect(!piece.contains("error"))
        let rest = String(decoding: stream.rest(of: stream.answer, texts: [first.number: ""]), as: UTF8.self)
        let events = rest.split(separator: "\n\n")
        #expect(events.count { $0.contains("Out of memory.") } == 1)
        #expect(events.firstIndex { $0.contains("Out of memory.") } == events.count - 2)
        #expect(rest.contains("garden") && rest.contains(#""finish_reason":"error""#))
    }

    @Test(arguments: [
        (Messages() as any Dialect, #"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded."}}"#),
        (Responses(), #"{"type":"error","error":{"code":"server_error","message":"Overloaded.","param":null}}"#),
    ])
    func anErrorInFrontOfEverythingIsAllThatIsTold(dialect: any Dialect, error: String) throws {
        var stream = dialect.stream()
        try stream.read("data: \(error)\n\n".utf8)
        #expect(stream.isComplete)
        let written = String(decoding: stream.rest(of: stream.answer, texts: [:]), as: UTF8.self)
        #expect(written.hasPrefix("event: error\n") && written.contains("Overloaded."))
        #expect(written.split(separator: "\n\n").count == 1)
    }

    @Test(arguments: [
        ("error", "response.failed", true), ("error", "response.completed", false), ("error", "error", false),
        ("response.failed", "response.failed", false), ("response.completed", "error", false),
    ])
    func nothingButTheResponseThatFailedComesBehindAnError(first: String, second: String, isRead: Bool) throws {
        var stream = Responses().stream()
        func event(_ type: String) -> String {
            let response = #"{"id":"r","object":"response","model":"m","output":[]}"#
            return "data: " + #"{"type":"\#(type)","response":\#(response),"error":{"message":"Not now."}}"# + "\n\n"
        }
        try stream.read(event(first).utf8)
        guard isRead else {
            #expect(throws: ChatAPIError.self) { try stream.read(event(second).utf8) }
            return
        }
        try stream.read(event(second).utf8)
        let written = String(decoding: stream.rest(of: stream.answer, texts: [:]), as: UTF8.self)
        let events = written.split(separator: "\n\n")
        let names = events.suffix(2).map { String($0.prefix { $0 != "\n" }) }
        #expect(names == ["event: error", "event: response.failed"])
    }

    /// OpenAI's client raises what stands under `error`, and others read the members beside it.
    @Test func anErrorOfOurOwnInAResponseHasBothOfItsForms() {
        var stream = Responses().stream()
        let bytes = stream.failed(ChatAPIError(status: 503, message: "Not now.", type: "t", code: "c"))
        let written = String(decoding: bytes, as: UTF8.self)
        #expect(written.contains(#""code":"c","message":"Not now.","param":null,"#))
        #expect(written.contains(#""error":{"message":"Not now.","type":"t","param":null,"code":"c"}"#))
    }

    /// The upstream would have counted at the end.
    @Test(arguments: ["", #""usage":null,"#])
    func aResponseThatIsFilteredOnItsWayHasCounts(usage: String) throws {
        let fixture = try #require(StreamFixture.all.first { $0.name == "responses" })
        let text = String(decoding: fixture.bytes, as: UTF8.self)
        let end = try #require(text.firstRange(of: "event: response.completed"))
        let beginning = String(text[..<end.lowerBound])
            .replacing(#""status":"in_progress","model""#, with: #""status":"in_progress",\#(usage)"model""#)
        var stream = try read(fixture, beginning.utf8)
        let first = try #require(stream.texts.first)
        let bytes = stream.piece(first.text, of: first.number) + stream.filtered(saying: [])
        let last = try #require(String(decoding: bytes, as: UTF8.self).split(separator: "\n\n").last)
        #expect(last.hasPrefix("event: response.incomplete\n"))
        #expect(last.contains(#""usage":{"input_tokens":0,"#) && last.contains(#""total_tokens":0}"#))
    }

    /// Clients take what they are told of arguments for those of a function.
    @Test(
        arguments: [
            ("function_call", "response.function_call_arguments"), ("mcp_call", "response.mcp_call_arguments"),
            ("mcp_approval_request", nil),
        ] as [(String, String?)]
    )
    func argumentsComeByTheEventsThatTheirItemHas(type: String, event: String?) throws {
        let item = #"{"id":"f","type":"\#(type)","name":"g","arguments":"{\"q\":1}"}"#
        let events = [
            #"{"type":"response.created","response":{"id":"r","object":"response","model":"m","output":[]}}"#,
            #"{"type":"response.output_item.done","output_index":0,"item":\#(item)}"#,
            #"{"type":"response.completed","response":{"id":"r","object":"response","model":"m","output":[]}}"#,
        ]
        var stream = Responses().stream()
        try stream.read(events.map { "data: \($0)\n\n" }.joined().utf8)
        let written = String(decoding: stream.rest(of: stream.answer, texts: [:]), as: UTF8.self)
        let added = try #require(written.split(separator: "\n\n").first { $0.contains("output_item.added") })
        #expect(added.contains(#""arguments":""}"#) == (event != nil))
        #expect(written.contains("_arguments.") == (event != nil))
        if let event {
            #expect(written.contains("event: \(event).delta\n") && written.contains("event: \(event).done\n"))
        }
    }

    /// Many clients read citations from events of their own alone.
    @Test func citationsOfAResponseAreToldByEventsOnceTheyWereJudged() throws {
        let fixture = try #require(StreamFixture.all.first { $0.name == "responses" })
        let name = "event: response.output_text.annotation.added\n"
        let whole = try read(fixture, fixture.bytes)
        var stream = whole
        var pieces: [UInt8] = []
        for text in whole.texts { pieces += stream.piece(text.text, of: text.number) }
        var stopped = stream
        pieces += stopped.filtered(saying: [])
        #expect(!String(decoding: pieces, as: UTF8.self).contains(name))
        let texts = Dictionary(whole.texts.map { ($0.number, "") }) { $1 }
        let answer = whole.answer.editing(replacements: ["/output/1/content/0/annotations/0/title": "A [x]"])
        let written = String(decoding: stream.rest(of: answer, texts: texts), as: UTF8.self)
        let events = written.split(separator: "\n\n")
        let told = try #require(events.firstIndex { $0.hasPrefix(name) })
        #expect(events[told].contains(#""item_id":"m","output_index":1,"content_index":0,"annotation_index":0,"#))
        #expect(events[told].contains(#""annotation":{"type":"url_citation","title":"A [x]","#))
        #expect(events[told + 1].hasPrefix("event: response.output_text.done\n"))
        #expect(written.ranges(of: name).count == 1)
    }

    /// Clients raise an error where a later event calls a response otherwise than the first one.
    @Test func aResponseIsNamedAlikeInEachEvent() throws {
        let fixture = try #require(StreamFixture.all.first { $0.name == "responses" })
        let name = String(repeating: "r", count: 80)
        let text = String(decoding: fixture.bytes, as: UTF8.self).replacing(#""id":"r""#, with: #""id":"\#(name)""#)
        var stream = try read(fixture, text.utf8)
        // It may say something, and has to be judged with all else.
        #expect(!stream.mayBegin)
        let written = String(decoding: stream.rest(of: stream.answer, texts: [:]), as: UTF8.self)
        #expect(!written.contains(#""id":null"#))
        #expect(written.ranges(of: #""id":"\#(name)""#).count == 3)
        let edited = stream.answer.editing(replacements: ["/id": "[x]"])
        var other = try read(fixture, text.utf8)
        let rest = String(decoding: other.rest(of: edited, texts: [:]), as: UTF8.self)
        #expect(!rest.contains(name) && rest.ranges(of: #""id":"[x]""#).count == 3)
    }

    @Test func anItemWhoseNameMaySaySomethingWaitsForTheVerdict() throws {
        let fixture = try #require(StreamFixture.all.first { $0.name == "responses" })
        let name = String(repeating: "m", count: 80)
        let text = String(decoding: fixture.bytes, as: UTF8.self).replacing(#"id":"m""#, with: #"id":"\#(name)""#)
        let whole = try read(fixture, text.utf8)
        #expect(whole.texts.map(\.text) == ["They want soup."])
        var stream = whole
        let first = try #require(whole.texts.first)
        let bytes =
            stream.piece(first.text, of: first.number) + stream.rest(of: whole.answer, texts: [first.number: ""])
        #expect(texts(try read(fixture, bytes)) == texts(whole))
        let written = String(decoding: bytes, as: UTF8.self)
        let events = written.split(separator: "\n").filter { $0.contains(#""output_index":1"#) }
        #expect(!events.isEmpty && events.allSatisfy { $0.contains(name) })
    }

    private static let longNames = [
        "[" + Array(repeating: "0", count: 5_000).joined(separator: ",") + "]",
        "\"" + String(repeating: "m", count: 5_000) + "\"",
    ]

    /// All events about an item name it.
    @Test(arguments: ["m", "f"], longNames)
    func aLongNameOfAnItemIsNotToldWithEachPiece(item: String, name: String) throws {
        let fixture = try #require(StreamFixture.all.first { $0.name == "responses" })
        let text = String(decoding: fixture.bytes, as: UTF8.self).replacing(#""id":"\#(item)""#, with: "\"id\":\(name)")
        let whole = try read(fixture, text.utf8)
        var stream = whole
        var bytes: [UInt8] = []
        for text in whole.texts { bytes += stream.piece(text.text, of: text.number) }
        bytes += stream.rest(of: whole.answer, texts: Dictionary(whole.texts.map { ($0.number, "") }) { $1 })
        let written = String(decoding: bytes, as: UTF8.self)
        // Where the item begins, where it ends, and at the end of the response.
        #expect(written.ranges(of: name).count == 3)
        #expect(written.contains(#""item_id":"","output_index":"#))
        #expect(texts(try read(fixture, bytes)) == texts(whole))
    }

    /// The answer is asked for with each piece: reading anew each time what has come of an input takes ever longer.
    @Test func whatAToolIsCalledWithIsReadOnceItIsWhole() throws {
        let fixture = try #require(StreamFixture.all.first { $0.name == "messages" })
        let text = String(decoding: fixture.bytes, as: UTF8.self)
        let end = try #require(text.firstRange(of: #"data: {"type":"content_block_stop","index":3}"#))
        func input(_ text: String) throws -> JSONValue? {
            try read(fixture, text.utf8).answer.body.object?["content"]?.array?.last?.object?["input"]
        }
        #expect(try input(String(text[..<end.lowerBound])) == .string(#"{"q":"garden herbs"}"#))
        #expect(try input(text) == .object(["q": .string("garden herbs")]))
    }

    @Test(arguments: FieldFixture.all.filter { $0.dialect.answersInWords })
    func aReplyOfOurOwnIsReadBack(fixture: FieldFixture) throws {
        let request = try fixture.dialect.request(parsing: JSONWriter.bytes(fixture.request))
        let identity = ReplyIdentity(requestID: "r1", created: 1_700_000_000)
        let whole = try fixture.dialect.answer(parsing: request.reply("I would rather not.", as: identity))
        #expect(whole.segments.filter { $0.kind == .words }.map(\.text) == ["I would rather not."])
        var stream = request.replyStream(as: identity)
        var bytes = stream.piece("", of: 0)
        for piece in ["I would", " rather not."] { bytes += stream.piece(piece, of: 0) }
        bytes += stream.filtered(saying: [])
        var reader = fixture.dialect.stream()
        try reader.read(bytes)
        #expect(reader.isComplete)
        #expect(reader.answer.segments.filter { $0.kind == .words }.map(\.text) == ["I would rather not."])
    }

    /// Each member is looked for by its name: the millions that there is room for would take hours.
    @Test(arguments: [
        ("chat", #"data: {"choices":[],@}"#), ("chat", #"data: {"choices":[{"index":0,@}]}"#),
        ("chat", #"data: {"choices":[{"index":0,"delta":{@}}]}"#), ("completions", #"data: {"choices":[],@}"#),
        ("completions", #"data: {"choices":[{"index":0,@}]}"#), ("gemini", #"data: {"candidates":[],@}"#),
        ("gemini", #"data: {"candidates":[{"index":0,@}]}"#), ("ollama chat", #"{"done":false,@}"#),
        ("ollama chat", #"{"done":false,"message":{@}}"#),
        ("messages", #"data: {"type":"message_start","message":{"content":[{"type":"text",@}]}}"#),
        ("responses", #"data: {"type":"response.output_item.added","output_index":0,"item":{"type":"message",@}}"#),
    ])
    func anObjectToWhichEventsAddIsBounded(name: String, event: String) throws {
        let fixture = try #require(StreamFixture.all.first { $0.name == name })
        func readOne(members: Int) throws {
            let many = (0..<members).map { "\"a\($0)\":0" }.joined(separator: ",")
            _ = try read(fixture, (event.replacing("@", with: many) + "\n\n").utf8)
        }
        try readOne(members: 1_000)
        #expect(throws: ChatAPIError.self) { try readOne(members: 1_100) }
    }

    @Test func aListToWhichLinesAddIsBounded() throws {
        let calls = Array(repeating: #"{"function":{"name":"f","arguments":{}}}"#, count: 1_000).joined(separator: ",")
        let line = "{\"message\":{\"tool_calls\":[\(calls)]},\"done\":false}\n"
        var stream = Ollama(.chat).stream()
        for _ in 0..<4 { try stream.read(line.utf8) }
        #expect(throws: ChatAPIError.self) { try stream.read(line.utf8) }
    }

    private static func block(_ index: Int, _ block: String, deltas: [String]) -> String {
        let events =
            [#"{"type":"content_block_start","index":\#(index),"content_block":\#(block)}"#]
            + deltas.map { #"{"type":"content_block_delta","index":\#(index),"delta":\#($0)}"# }
            + [#"{"type":"content_block_stop","index":\#(index)}"#]
        return events.map { "data: \($0)\n\n" }.joined()
    }

    private static let messageStart = "data: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"content\":[]}}\n\n"

    /// A text may come in pieces of a kind that is newer than this.
    @Test func aBlockMayHaveAnyNumberOfUnknownPiecesThatTheNextOneWaitsFor() throws {
        let text = #"{"type":"text","text":""}"#
        let unknown = Array(repeating: #"{"type":"new_delta","new":"a word"}"#, count: 5_000)
        var stream = Messages().stream()
        try stream.read(Self.messageStart.utf8)
        try stream.read(Self.block(0, text, deltas: unknown + [#"{"type":"text_delta","text":"Soup"}"#]).utf8)
        try stream.read(Self.block(1, text, deltas: [#"{"type":"text_delta","text":"Bread"}"#]).utf8)
        #expect(stream.texts.map(\.text) == ["Soup"])
        #expect(stream.answer.segments.count { $0.text == "a word" } == 5_000)
    }

    @Test(arguments: [
        (#"{"type":"text","text":"","note":"a purple zebra"}"#, [#"{"type":"text_delta","text":"Soup"}"#]),
        (#"{"type":"text","text":""}"#, [#"{"type":"thinking_delta","thinking":"a purple zebra"}"#]),
    ])
    func aTextWaitsForWhatGoesOutWithItsBeginning(block: String, deltas: [String]) throws {
        var stream = Messages().stream()
        try stream.read((Self.messageStart + Self.block(0, block, deltas: deltas)).utf8)
        #expect(stream.texts.isEmpty)
    }

    /// What each event said again would be sent as often as there are pieces.
    @Test(arguments: [
        ("chat", #""created":1"#), ("completions", #""created":1"#), ("gemini", #""responseId":"r""#),
        ("ollama chat", #""created_at":"2026-01-01T00:00:00Z""#),
    ])
    func whatIsLongIsToldOnce(name: String, member: String) throws {
        let fixture = try #require(StreamFixture.all.first { $0.name == name })
        let long = "[" + Array(repeating: "0", count: 5_000).joined(separator: ",") + "]"
        let text = String(decoding: fixture.bytes, as: UTF8.self)
            .replacing(member, with: "\(member.prefix { $0 != ":" }):\(long)")
        let whole = try read(fixture, text.utf8)
        #expect(whole.mayBegin)
        var flowed = whole
        var bytes: [UInt8] = []
        for text in whole.texts { bytes += flowed.piece(text.text, of: text.number) }
        #expect(bytes.count < 4_096)
        bytes += flowed.rest(of: whole.answer, texts: Dictionary(whole.texts.map { ($0.number, "") }) { $1 })
        var held = fixture.dialect.stream()
        for bytes in [bytes, held.rest(of: whole.answer, texts: [:])] {
            #expect(String(decoding: bytes, as: UTF8.self).ranges(of: long).count == 1)
            #expect(texts(try read(fixture, bytes)) == texts(whole))
        }
    }

    /// Each may be as long as there is room for one.
    @Test func theInputsOfAllToolsHaveTheLimitsOfOneText() throws {
        let members = (0..<100).map { "\"a\($0)\":0" }.joined(separator: ",")
        let input = "{\"\(String(repeating: "/", count: 4_000))\":{\(members)}}"
        let delta: JSONObject = ["type": .string("input_json_delta"), "partial_json": .string(input)]
        let json = String(decoding: JSONWriter.bytes(.object(delta)), as: UTF8.self)
        var stream = Messages().stream()
        try stream.read(Self.messageStart.utf8)
        for index in 0..<40 {
            let tool = #"{"type":"tool_use","id":"t","name":"f","input":{}}"#
            try stream.read(Self.block(index, tool, deltas: [json]).utf8)
        }
        let inputs = (stream.answer.body.object?["content"]?.array ?? []).compactMap { $0.object?["input"] }
        #expect(inputs.count == 40)
        #expect(inputs.first?.object != nil && inputs.last == .string(input))
    }
}
