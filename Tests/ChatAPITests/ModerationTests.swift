import GuardCore
import Testing

@testable import ChatAPI

struct ModerationTests {
    private func request(_ json: String) throws(ChatAPIError) -> ModerationRequest {
        try ModerationRequest(parsing: Array(json.utf8))
    }

    @Test func eachStringIsAnInput() throws {
        #expect(try request(#"{"input":"one"}"#).inputs.map { $0.map(\.text) } == [["one"]])
        #expect(try request(#"{"input":["one","two"]}"#).inputs.map { $0.map(\.text) } == [["one"], ["two"]])
    }

    @Test func contentPartsAreOneInput() throws {
        let parts = #"[{"type":"text","text":"one"},{"type":"image_url","image_url":{"url":"https://e.org/a.png"}}]"#
        let read = try request(#"{"input":\#(parts)}"#)
        #expect(read.inputs.map { $0.map(\.text) } == [["one"]])
        #expect(read.unscanned.places == ["/input/1/image_url/url"])
    }

    @Test(arguments: [#"{}"#, #"{"input":[]}"#, #"{"input":[1]}"#, #"{"input":{}}"#, #"{"input":"a","model":1}"#])
    func aWrongShapeIsRefused(json: String) {
        #expect(throws: ChatAPIError.self) { try request(json) }
    }

    @Test func theReplyHasOpenAIsSchema() throws {
        var scores = CategoryScores()
        scores[.weapons] = 0.98765
        let clean = Moderation(found: [], scores: CategoryScores())
        let body = Moderation.reply([Moderation(found: [.weapons], scores: scores), clean], id: "modr-1", model: "m")
        let results = try JSONParser.parse(body).object?["results"]?.array ?? []
        let first = try #require(results.first?.object)
        #expect(first["flagged"] == .bool(true))
        for name in Moderation.names.map(\.name) + HarmCategory.allCases.map(\.rawValue) {
            #expect(first["categories"]?.object?[name]?.bool != nil, "\(name)")
            #expect(first["category_scores"]?.object?[name]?.double != nil, "\(name)")
        }
        #expect(first["categories"]?.object?["illicit/violent"] == .bool(true))
        #expect(first["categories"]?.object?["weapons"] == .bool(true))
        #expect(first["category_scores"]?.object?["illicit"] == .number("0.988"))
        #expect(results.last?.object?["flagged"] == .bool(false))
    }
}
