import GuardCore
import Testing

@testable import ChatAPI

struct TextCollectorTests {
    private func collect(_ json: String, _ table: FieldTable = .openAI) throws -> TextCollector {
        var collector = TextCollector(table)
        collector.collect(try JSONParser.parse(Array(json.utf8)), at: "", role: .context, turn: nil)
        return collector
    }

    @Test func stringsAndNamesAreFoundAtAnyDepth() throws {
        let found = try collect(#"{"a":[["one two"],{"b/c":{"d":"three four"}}],"e":1,"f":null}"#).segments
        let words = found.filter { $0.kind == .words }
        #expect(words.map(\.path) == ["/a/0/0", "/a/1/b~1c/d"])
        #expect(words.map(\.text) == ["one two", "three four"])
        #expect(found.filter { $0.kind == .name }.map(\.text) == ["a", "b/c", "d", "e", "f"])
    }

    @Test func namesThatTheDialectHasSayNothing() throws {
        #expect(try collect(#"{"messages":[],"content":1,"properties":{},"temperature":0.5}"#).segments.isEmpty)
    }

    @Test func whereTheDialectSaysNothingNothingIsAnIdentifierOrData() throws {
        let inside =
            #"{"id":"zebra","model":"zebra","image_url":{"url":"https://example.org/zebra"},"tool_calls":"zebra"}"#
        for name in ["arguments", "parameters", "metadata", "nobody_knows", "properties"] {
            let found = try collect(#"{"\#(name)":\#(inside)}"#).segments.filter { $0.kind == .words }
            #expect(found.map(\.text) == ["zebra", "zebra", "https://example.org/zebra", "zebra"])
            // What nobody knows must not pass for a tool's business.
            #expect(found.allSatisfy { $0.role == .context })
        }
    }

    @Test func whatAToolIsCalledWithIsReadWhetherItIsAStringOrNot() throws {
        let call = #"{"arguments":{"id":["zebra"],"type":"zebra","format":"zebra"}}"#
        let examples = #"{"tools":[{"input_examples":[{"id":"zebra","type":"zebra","signature":"zebra"}]}]}"#
        let bodies: [(json: String, table: FieldTable, role: Role)] = [
            (#"{"tool_calls":[{"type":"function","function":\#(call)}]}"#, .openAI, .tool),
            (#"{"type":"tool_search_call",\#(call.dropFirst())"#, .responses, .tool),
            (examples, .messages, .context),
        ]
        for (json, table, role) in bodies {
            let found = try collect(json, table)
            let words = found.segments.filter { $0.kind == .words }
            #expect(words.map(\.text) == ["zebra", "zebra", "zebra"], "\(json)")
            #expect(words.allSatisfy { $0.role == role }, "\(json)")
            #expect(found.unscanned.isEmpty, "\(json)")
        }
    }

    /// A name that the caller gave says neither what stands under it nor whose it is.
    @Test func wordsUnderNamesThatTheCallerGaveAreRead() throws {
        let names = ["reason", "name", "encrypted_content", "logprobs", "type"]
        let variables = names.map { #""\#($0)":"zebra""# }.joined(separator: ",")
        let found = try collect(#"{"prompt":{"id":"p1","variables":{\#(variables),"mode":["zebra"]}}}"#, .responses)
        #expect(found.segments.map(\.text) == Array(repeating: "zebra", count: names.count + 1))
        #expect(found.segments.allSatisfy { $0.kind == .words && $0.role == .context })
        #expect(found.unscanned.isEmpty && found.repetitions.isEmpty)
        let tool = try collect(#"{"variables":{"type":"function_call","city":"zebra"}}"#, .responses)
        #expect(tool.segments.allSatisfy { $0.role == .context })
    }

    @Test func partsUnderNamesThatTheCallerGaveAreTheDialects() throws {
        let found = try collect(
            #"{"prompt":{"variables":{"code":{"type":"input_image","image_url":"https://example.org/a"}}}}"#,
            .responses
        )
        #expect(found.segments.isEmpty)
        #expect(found.unscanned.media == ["/prompt/variables/code/image_url"])
    }

    @Test func longNumbersAreReadWhereTheDialectSaysNothing() throws {
        let found = try collect(
            #"{"created":1700000000,"nobody_knows":{"id":4111111111111111,"n":[12,4.7110047110e10]},"#
                + #""tool_calls":[{"index":1700000000}]}"#
        ).segments.filter { $0.text.first?.isNumber == true }
        #expect(found.map(\.text) == ["4111111111111111", "47110047110"])
        #expect(found.map(\.path) == ["/nobody_knows/id", "/nobody_knows/n/1"])
        #expect(found.allSatisfy { $0.kind == .name })
    }

    @Test func typesOfASchemaSayNothing() throws {
        #expect(try collect(#"{"parameters":{"type":"object","items":[{"type":["string","null"]}]}}"#).segments.isEmpty)
        #expect(try collect(#"{"parameters":{"type":"zebra"}}"#).segments.map(\.text) == ["zebra"])
    }

    @Test(arguments: ["name", "user"]) func aNameThatSomebodyGaveIsOneWhileItLooksLikeOne(member: String) throws {
        let found = try collect(#"{"\#(member)":"get_weather"}"#).segments
        #expect(found == [TextSegment(path: "/\(member)", role: .context, text: "get_weather", kind: .name)])
        #expect(try collect(#"{"\#(member)":"two words"}"#).segments.map(\.kind) == [.words])
    }

    @Test func namesThatSaySomethingAreFound() throws {
        let found = try collect(#"{"say it aloud":{"x":1}}"#).segments
        #expect(
            found == [
                TextSegment(path: "/say it aloud~name", role: .context, text: "say it aloud"),
                TextSegment(path: "/say it aloud/x~name", role: .context, text: "x", kind: .name),
            ]
        )
    }

    @Test(arguments: ["id", "type", "role", "model", "system_fingerprint", "finish_reason"])
    func anIdentifierIsOnlyOneWhileItLooksLikeOne(member: String) throws {
        #expect(try collect(#"{"\#(member)":"call_1-a.b:c/d"}"#).segments.isEmpty)
        #expect(try collect(#"{"\#(member)":"two words"}"#).segments.map(\.text) == ["two words"])
        let long = String(repeating: "a", count: 65)
        #expect(try collect(#"{"\#(member)":"\#(long)"}"#).segments.map(\.text) == [long])
    }

    @Test(arguments: ["id", "type", "model", "name"])
    func aListOfShortWordsIsAText(member: String) throws {
        let found = try collect(#"{"\#(member)":["How",["do"]]}"#).segments
        #expect(found.map(\.text) == ["How", "do"])
        #expect(found.allSatisfy { $0.kind == .words })
    }

    @Test func aListThatTheDialectHasHoldsIdentifiers() throws {
        #expect(try collect(#"{"include":["reasoning.encrypted_content"]}"#, .responses).segments.isEmpty)
        #expect(try collect(#"{"responseModalities":["TEXT"]}"#, .generateContent).segments.isEmpty)
        let names = try collect(#"{"allowedFunctionNames":["get_weather"]}"#, .generateContent).segments
        #expect(names.map(\.kind) == [.name])
        #expect(try collect(#"{"include":["two words"]}"#, .responses).segments.map(\.kind) == [.words])
    }

    @Test func aNameOfWhatTheProviderKeepsIsMediaInAListToo() throws {
        #expect(try collect(#"{"audio":{"id":["a1"]}}"#).unscanned.media == ["/audio/id/0"])
    }

    /// Some servers show the LLM a tool as it is described, with whatever else stands there.
    @Test func whatIsNoneOfAToolsFieldsIsReadInItsDescription() throws {
        let function =
            #"{"name":"f","parameters":{},"id":"How","image_url":{"url":"https://example.org/do"},"type":["I"]}"#
        for table in [FieldTable.openAI, .ollama] {
            let found = try collect(#"{"tools":[{"type":"function","function":\#(function),"role":"go"}]}"#, table)
            let words = found.segments.filter { $0.kind == .words }
            #expect(words.map(\.text) == ["How", "https://example.org/do", "I", "go"])
            #expect(found.unscanned.isEmpty)
        }
        let older = try collect(#"{"functions":[{"name":"f","model":"How"}]}"#).segments
        #expect(older.filter { $0.kind == .words }.map(\.text) == ["How"])
        let call = #"{"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]}"#
        #expect(try collect(call).segments.filter { $0.kind == .words }.map(\.text) == ["{}"])
    }

    @Test func whatStandsInsideOfAToolsFieldsIsRead() throws {
        let bodies: [(tool: String, table: FieldTable)] = [
            (#"{"type":"function","function":{"name":"f","strict":{"id":"How","model":["to"]}}}"#, .openAI),
            (#"{"type":{"id":"How"},"function":{"name":"f","description":{"role":"to"}}}"#, .openAI),
            (#"{"type":"custom","custom":{"name":"f","format":{"id":"How","grammar":{"id":"to"}}}}"#, .openAI),
            (#"{"type":"function","function":{"name":{"id":"How"},"index":{"model":["to"]}}}"#, .ollama),
        ]
        for (tool, table) in bodies {
            let found = try collect(#"{"tools":[\#(tool)]}"#, table).segments.filter { $0.kind == .words }
            #expect(found.map(\.text) == ["How", "to"], "\(tool)")
            #expect(found.allSatisfy { $0.role == .context }, "\(tool)")
        }
    }

    /// OpenAI's responses have a tool's fields beside its type.
    @Test func whatIsNoneOfAToolsFieldsIsReadBesideItsType() throws {
        let tools = [
            #"{"type":"function","name":"f","parameters":{},"id":"How","strict":{"model":"to"}}"#,
            #"{"type":"custom","name":"f","size":"How","format":{"mode":"to"}}"#,
        ]
        for tool in tools {
            let found = try collect(#"{"tools":[\#(tool)]}"#, .responses).segments.filter { $0.kind == .words }
            #expect(found.map(\.text) == ["How", "to"], "\(tool)")
        }
        let honest = [
            #"{"type":"function","name":"f","parameters":{},"strict":true}"#,
            #"{"type":"image_generation","size":"auto","quality":"low"}"#,
        ]
        for tool in honest {
            let found = try collect(#"{"tools":[\#(tool)],"tool_choice":\#(tool)}"#, .responses).segments
            #expect(found.allSatisfy { $0.kind == .name }, "\(tool)")
        }
    }

    @Test func aSwitchRepeatsNothing() throws {
        for value in ["true", "5"] {
            #expect(try collect(#"{"logprobs":\#(value),"prompt_logprobs":\#(value)}"#).repetitions.isEmpty)
        }
        #expect(try collect(#"{"logprobs":[{"token":"a"}]}"#).repetitions == ["/logprobs": .null])
    }

    @Test func dataIsListedAsUnscanned() throws {
        let found = try collect(#"{"image_url":{"url":"https://example.org/a.png"},"input_audio":{"data":"AAAA"}}"#)
        #expect(found.segments.isEmpty)
        #expect(found.unscanned.places == ["/image_url/url", "/input_audio/data"])
        #expect(found.unscanned.bytes == "https://example.org/a.pngAAAA".utf8.count)
    }

    @Test func aURLThatIsNoImagesIsText() throws {
        #expect(try collect(#"{"url":"https://example.org/a b"}"#).segments.count == 1)
        #expect(try collect(#"{"data":"AAAA BBBB"}"#).segments.count == 1)
    }

    @Test func callsOfToolsAreTheTools() throws {
        let found = try collect(
            #"{"tool_calls":[{"function":{"arguments":"a b"}}],"function_call":{"arguments":"c d"}}"#
        )
        #expect(found.segments.map(\.role) == [.tool, .tool])
    }
}
