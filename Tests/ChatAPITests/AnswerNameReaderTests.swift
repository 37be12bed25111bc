import Testing

@testable import ChatAPI

@Suite struct AnswerNameReaderTests {
    private static let created =
        "event: response.created\n"
        + #"data: {"type":"response.created","response":{"id":"resp_1","instructions":"and so on"#

    /// Beginnings of answers, and the names in them.
    private static let beginnings: [(text: String, isStream: Bool, name: String?)] = [
        (#"{"id":"resp_1","object":"resp"#, false, "resp_1"),
        ("{\n  \"error\": null,\n  \"id\": \"resp_1\"", false, "resp_1"),
        (#"{"previous_response_id":"resp_0","tags":["id",{"id":"a"}],"of":{"id":"b"},"id":"resp_1""#, false, "resp_1"),
        (#"{"a":"\\","b":"\"id\":","id":"resp\u005f\"1""#, false, "resp_\"1"),
        (#"{"id":7,"of":"id","output":[{"id":"msg_1"}]}"#, false, nil), (#"["id","resp_1"]"#, false, nil),
        (#"{"id":"resp_"#, false, nil), ("", false, nil), ("]}:,\"", false, nil),
        (created, true, "resp_1"), (": \"a\" {}\n\n" + created, true, "resp_1"),
        (#"data: {"response":{"previous_response_id":"resp_0","of":{"id":"conv_1"},"id":"resp_1""#, true, "resp_1"),
        ("data: {\ndata: \"response\":\ndata: {\ndata: \"id\": \"resp_1\"", true, "resp_1"),
        (#"data: {"type":"response.output_item.added","item":{"id":"msg_1"},"id":"a"}"#, true, nil),
    ]

    @Test(arguments: beginnings)
    func theNameIsFoundHoweverTheAnswerIsCut(beginning: (text: String, isStream: Bool, name: String?)) {
        var whole = AnswerNameReader(isStream: beginning.isStream)
        whole.read(beginning.text.utf8)
        #expect(whole.name == beginning.name)
        var single = AnswerNameReader(isStream: beginning.isStream)
        for byte in beginning.text.utf8 { single.read([byte]) }
        #expect(single.name == beginning.name)
    }

    @Test func theNameIsThatOfTheAnswerThatIsReadAsAWhole() throws {
        let fixture = try #require(StreamFixture.all.first { $0.name == "responses" })
        var stream = fixture.dialect.stream()
        try stream.read(fixture.bytes)
        let name = try #require(stream.answer.name)
        var reader = AnswerNameReader(isStream: true)
        reader.read(fixture.bytes)
        #expect(reader.name == name)
        var whole = AnswerNameReader(isStream: false)
        whole.read(stream.answer.serialized)
        #expect(whole.name == name)
    }

    @Test(arguments: [(0, true), (AnswerNameReader.limit, false)])
    func behindTheBeginningNobodyLooksForAName(length: Int, isFound: Bool) {
        var reader = AnswerNameReader(isStream: false)
        reader.read("{\"a\":\"\(String(repeating: "a", count: length))\",".utf8)
        reader.read(#""id":"resp_1""#.utf8)
        #expect((reader.name != nil) == isFound)
    }
}
