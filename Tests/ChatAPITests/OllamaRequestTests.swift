import Testing

@testable import ChatAPI

struct OllamaRequestTests {
    /// The request with this member, steered.
    private func steered(_ members: String) throws -> String {
        let body = #"{"model":"m","prompt":"hello"\#(members)}"#
        let request = try Ollama(.generate).request(parsing: Array(body.utf8))
        let edited = try request.editing(replacements: ["/prompt": "hi"], steering: ["one", "two"])
        return String(decoding: edited.serialized, as: UTF8.self)
    }

    @Test(arguments: ["", #","raw":null"#, #","raw":false"#])
    func steeringStandsInTheSystemMessage(members: String) throws {
        #expect(try steered(members) == #"{"model":"m","prompt":"hi"\#(members),"system":"one\n\ntwo"}"#)
        #expect(
            try steered(members + #","system":"own""#)
                == #"{"model":"m","prompt":"hi"\#(members),"system":"one\n\ntwo\n\nown"}"#
        )
    }

    @Test func steeringStandsInFrontOfThePromptWhereThatIsAllThatIsRead() throws {
        #expect(try steered(#","raw":true"#) == #"{"model":"m","prompt":"one\n\ntwo\n\nhi","raw":true}"#)
    }
}
