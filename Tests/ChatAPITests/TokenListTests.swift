import Testing

@testable import ChatAPI

struct TokenListTests {
    struct Trial: CustomTestStringConvertible {
        var name: String
        var list: String
        var texts: [String]
        var places: [String]
        var alternatives: [String]

        var testDescription: String { name }
    }

    static let trials = [
        Trial(
            name: "chat completions",
            list:
                #"{"content":[{"token":"So","logprob":-0.1,"bytes":[83,111],"top_logprobs":[{"token":"So","logprob":-0.1,"bytes":null},{"token":"The","logprob":-2,"bytes":[]}]},{"token":"up","logprob":0,"bytes":null,"top_logprobs":[]}],"refusal":null}"#,
            texts: ["Soup"],
            places: ["/x/content"],
            alternatives: ["So", "The"]
        ),
        Trial(
            name: "responses and Ollama",
            list:
                #"[{"token":"So","logprob":-0.1,"bytes":[83,111],"top_logprobs":[{"token":"The","logprob":-2}]},{"token":"up"}]"#,
            texts: ["Soup"],
            places: ["/x"],
            alternatives: ["The"]
        ),
        Trial(
            name: "completions",
            list:
                #"{"tokens":["So","up"],"token_logprobs":[-0.1,null],"top_logprobs":[{"So":-0.1,"The":-2},null],"text_offset":[0,2]}"#,
            texts: ["Soup"],
            places: ["/x/tokens"],
            alternatives: ["So", "The"]
        ),
        Trial(
            name: "Gemini",
            list:
                #"{"chosenCandidates":[{"token":"So","tokenId":1,"logProbability":-0.1},{"token":"up"}],"topCandidates":[{"candidates":[{"token":"So","tokenId":1,"logProbability":-0.1},{"token":"The"}]}],"logProbabilitySum":-1}"#,
            texts: ["Soup"],
            places: ["/x/chosenCandidates"],
            alternatives: ["So", "The"]
        ),
        Trial(
            name: "vLLM",
            list:
                #"[null,{"17":{"logprob":-0.1,"rank":1,"decoded_token":"So"},"4":{"logprob":-1,"rank":2,"decoded_token":"The"}}]"#,
            texts: [],
            places: [],
            alternatives: ["So", "The"]
        ),
    ]

    private func read(_ json: String) throws -> TokenList {
        try #require(TokenList(try JSONParser.parse(Array(json.utf8)), at: "/x"))
    }

    @Test(arguments: trials)
    func nothingIsLeftOfAnyForm(trial: Trial) throws {
        let list = try read(trial.list)
        #expect(list.texts.map(\.text) == trial.texts)
        #expect(list.texts.map(\.place) == trial.places)
        #expect(list.alternatives == trial.alternatives)
        #expect(list.rest.stringPlaces().isEmpty)
        let names = list.rest.namePlaces()
        #expect(
            names.allSatisfy { name in
                ["refusal", "token_logprobs", "text_offset", "logProbabilitySum"].contains {
                    name.hasSuffix("/\($0)~name")
                }
            },
            "\(names)"
        )
    }

    @Test(arguments: [
        (#"{"content":[{"token":"a","note":"W W"}]}"#, "/content/0/note"),
        (#"[{"token":"a"},{"note":"W W"}]"#, "/1/note"),
        (#"[{"token":"a","logprob":"W W"}]"#, "/0/logprob"), (#"[{"token":"a","bytes":["W W"]}]"#, "/0/bytes/0"),
        (#"{"tokens":["a"],"aside":"W W"}"#, "/aside"), (#"{"top_logprobs":[{"a":"W W"}]}"#, "/top_logprobs/0/a"),
        (#"{"top_logprobs":"W W"}"#, "/top_logprobs"),
        (#"[{"token":"a","top_logprobs":[{"token":["W W"]}]}]"#, "/0/top_logprobs/0/token/0"),
        (#"{"topCandidates":[{"candidates":[{"token":"a","note":"W W"}]}]}"#, "/topCandidates/0/candidates/0/note"),
        (#"[{"17":{"decoded_token":"a","note":"W W"}}]"#, "/0/17/note"), (#"[[["W W"]]]"#, "/0/0/0"),
    ])
    func whatIsNoTokenIsLeftInItsPlace(json: String, place: String) throws {
        #expect(try read(json).rest.stringPlaces() == [place])
    }

    @Test(arguments: [#""W W""#, "5", "true", "null"]) func anythingElseIsNoList(json: String) throws {
        #expect(TokenList(try JSONParser.parse(Array(json.utf8)), at: "") == nil)
    }

    @Test func aTokenIsShortAndOneWord() {
        #expect(TokenList.isToken(" word\n") && TokenList.isToken("") && TokenList.isToken("\t\t"))
        #expect(!TokenList.isToken("two words") && !TokenList.isToken(String(repeating: "a", count: 65)))
    }
}
