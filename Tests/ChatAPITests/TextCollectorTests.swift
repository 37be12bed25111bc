import GuardCore
import Testing

@testable import ChatAPI

struct TextCollectorTests {
    private func collect(_ json: String) throws -> TextCollector {
        var collector = TextCollector(.openAI)
        collector.collect(try JSONParser.parse(Array(json.utf8)), at: "", role: .context, turn: nil)
        return collector
    }

    @Test func stringsAreFoundAtAnyDepth() throws {
        let found = try collect(#"{"a":[["one two"],{"b/c":{"d":"three four"}}],"e":1,"f":null}"#).segments
        #expect(found.map(\.path) == ["/a/0/0", "/a/1/b~1c/d"])
        #expect(found.map(\.text) == ["one two", "three four"])
    }

    @Test func namesThatSaySomethingAreFound() throws {
        let found = try collect(#"{"say it aloud":{"x":1}}"#).segments
        #expect(found == [TextSegment(path: "/say it aloud~name", role: .context, text: "say it aloud")])
    }

    @Test(arguments: ["id", "type", "role", "model", "name", "tool_choice", "finish_reason"])
    func anIdentifierIsOnlyOneWhileItLooksLikeOne(member: String) throws {
        #expect(try collect(#"{"\#(member)":"call_1-a.b:c/d"}"#).segments.isEmpty)
        #expect(try collect(#"{"\#(member)":"two words"}"#).segments.map(\.text) == ["two words"])
        let long = String(repeating: "a", count: 65)
        #expect(try collect(#"{"\#(member)":"\#(long)"}"#).segments.map(\.text) == [long])
    }

    @Test func dataIsListedAsUnscanned() throws {
        let found = try collect(#"{"image_url":{"url":"https://example.org/a.png"},"input_audio":{"data":"AAAA"}}"#)
        #expect(found.segments.isEmpty)
        #expect(found.unscanned == ["/image_url/url", "/input_audio/data"])
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
