import GuardCore
import Testing

@testable import ChatAPI

struct TextCollectorTests {
    private func collect(_ json: String) throws -> TextCollector {
        var collector = TextCollector(.openAI)
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
        for name in ["parameters", "metadata", "nobody_knows", "properties"] {
            let found = try collect(#"{"\#(name)":\#(inside)}"#).segments.filter { $0.kind == .words }
            #expect(found.map(\.text) == ["zebra", "zebra", "https://example.org/zebra", "zebra"])
            // What nobody knows must not pass for a tool's business.
            #expect(found.allSatisfy { $0.role == .context })
        }
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
