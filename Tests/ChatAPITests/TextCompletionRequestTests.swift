import Testing

@testable import ChatAPI

struct TextCompletionRequestTests {
    private func request(_ members: String) throws -> TextCompletionRequest {
        try TextCompletionRequest(parsing: Array(#"{"model":"m",\#(members)}"#.utf8))
    }

    @Test func `each of several prompts has choices of its own`() throws {
        let once = try request(#""prompt":["one two","three four"]"#)
        #expect((-1...2).map { once.query(of: $0) } == [nil, "one two", "three four", nil])
        let twice = try request(#""prompt":["one two","three four"],"n":2,"suffix":"the end""#)
        #expect([1, 2, 4].map { twice.query(of: $0) } == ["one two\nthe end", "three four\nthe end", nil])
    }

    @Test func `of a long suffix each prompt has both ends`() throws {
        // Each cut is within a character.
        let suffix = "One: " + String(repeating: "é", count: 2_000) + " two."
        let read = try request(#""prompt":["one two",""],"suffix":"\#(suffix)""#)
        for (choice, start) in ["one two\nOne: é", "One: é"].enumerated() {
            let query = try #require(read.query(of: choice))
            #expect(query.hasPrefix(start) && query.hasSuffix("é two."))
            #expect(!query.contains("\u{FFFD}") && query.utf8.count < 2_100)
        }
    }

    @Test func `a suffix behind many prompts is not kept whole behind each of them`() throws {
        let prompts = Array(repeating: #""a""#, count: 5_000).joined(separator: ",")
        let suffix = "One " + String(repeating: "of ", count: 100_000) + "two"
        let read = try request(#""prompt":[\#(prompts)],"suffix":"\#(suffix)""#)
        let queries = (0..<5_000).compactMap { read.query(of: $0) }
        #expect(queries.count == 5_000)
        #expect(queries.allSatisfy { $0.hasPrefix("a\nOne of ") && $0.hasSuffix(" of two") })
        #expect(queries.reduce(0) { $0 + $1.utf8.count } < 1_200_000)
    }

    @Test func `choices are told by their index, wherever they stand`() throws {
        let read = try request(#""prompt":["one two","three four"]"#)
        let answer = #"{"choices":[{"index":1,"text":"a"},{"index":0,"text":"b"},{"index":2,"text":"c"}]}"#
        let choices = try TextCompletions().answer(parsing: Array(answer.utf8), limits: JSONLimits())
        #expect(read.queries(of: choices) == [0: "three four", 1: "one two"])
    }

    @Test func `of several prompts none is the last`() throws {
        let read = try request(#""prompt":["one two","three four"]"#)
        #expect(read.lastUserText == "one two\nthree four")
    }

    @Test(arguments: [#""one two""#, #"["one two"]"#])
    func `a prompt alone is what was said last`(prompt: String) throws {
        let read = try request(#""prompt":\#(prompt)"#)
        #expect(read.lastUserText == "one two")
        #expect(read.query(of: 0) == nil)
    }
}
