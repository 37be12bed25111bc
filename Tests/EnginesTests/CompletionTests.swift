import Testing

@testable import Engines

@Suite struct CompletionTests {
    private func read(_ text: String) throws -> Completion { try Completion(parsing: Array(text.utf8)) }

    @Test func `a chat completion with probabilities is read`() throws {
        let completion = try read(
            #"{"choices":[{"message":{"content":"safe"},"logprobs":{"content":[{"token":"safe","logprob":0,"#
                + #""top_logprobs":[{"token":"safe","logprob":0},{"token":"unsafe","logprob":-0.6931471805599453}]}]}}]}"#
        )
        #expect(completion.text == "safe")
        let candidates = try #require(completion.positions.first?.candidates)
        #expect(candidates.map(\.text) == ["safe", "unsafe"])
        #expect(candidates[0].probability == 1 && abs(candidates[1].probability - 0.5) < 1e-9)
    }

    @Test func `a text completion in the older form is read`() throws {
        let completion = try read(
            #"{"choices":[{"text":"Yes","logprobs":{"tokens":["Yes"],"token_logprobs":[0],"#
                + #""top_logprobs":[{"Yes":-0.6931471805599453,"No":-0.6931471805599453}]}}]}"#
        )
        #expect(completion.text == "Yes")
        #expect(completion.positions.first?.candidates.map(\.text) == ["Yes", "No"])
    }

    @Test func `an answer without probabilities has none`() throws {
        #expect(try read(#"{"choices":[{"text":"Yes","logprobs":null}]}"#).positions.isEmpty)
        #expect(try read(#"{"choices":[{"message":{"content":""}}]}"#) == Completion(text: ""))
    }

    @Test(arguments: [
        "", "null", "[]", "{", "<html>busy</html>", #"{"choices":[]}"#, #"{"choices":[{}]}"#, #"{"choices":{}}"#,
        #"{"error":{"message":"no"}}"#, #"{"choices":[{"message":{"content":null}}]}"#, #"{"choices":[{"text":7}]}"#,
        #"{"choices":[{"text":"a"}],"choices":[{"text":"b"}]}"#,
        #"{"choices":[{"text":"a","logprobs":{"content":[7]}}]}"#,
        #"{"choices":[{"text":"a","logprobs":{"content":[{"token":"a","top_logprobs":[{"token":"a","logprob":1}]}]}}]}"#,
        #"{"choices":[{"text":"a","logprobs":{"content":[{"token":"a","top_logprobs":[{"token":"a"}]}]}}]}"#,
        #"{"choices":[{"text":"a","logprobs":{"content":[{"token":"a","top_logprobs":[{"token":"a","logprob":1e999}]}]}}]}"#,
        #"{"choices":[{"text":"a","logprobs":{"tokens":["a","b"],"top_logprobs":[{"a":0}]}}]}"#,
        #"{"choices":[{"text":"a","logprobs":{"tokens":["a"],"top_logprobs":[{"a":0.7}]}}]}"#,
    ])
    func `anything else is no answer`(text: String) {
        #expect { try read(text) } throws: { error in
            if case .unreadable? = error as? EngineFailure { true } else { false }
        }
    }

    @Test func `what is too long or too deep is no answer`() {
        let flood = #"{"choices":[{"text":""# + String(repeating: "x", count: 300 << 10) + #""}]}"#
        let deep = String(repeating: "[", count: 10_000)
        let many = "[" + String(repeating: "0,", count: 30_000) + "0]"
        for text in [flood, deep, many] {
            #expect(throws: EngineFailure.unreadable("it is not JSON")) { try read(text) }
        }
    }

    @Test func `a damaged answer is read or refused`() throws {
        let whole = Array(
            #"{"choices":[{"message":{"content":"safe"},"logprobs":{"content":[{"token":"safe","top_logprobs":[{"token":"safe","logprob":-0.1}]}]}}]}"#
                .utf8
        )
        for place in whole.indices {
            for byte in [UInt8(0), 0x22, 0x5D, 0x7B, 0x39, 0xFF] {
                var bytes = whole
                bytes[place] = byte
                if let completion = try? Completion(parsing: bytes) {
                    #expect(
                        completion.positions.allSatisfy {
                            $0.candidates.allSatisfy { (0...1).contains($0.probability) }
                        }
                    )
                }
            }
            #expect(throws: EngineFailure.self) { try Completion(parsing: Array(whole[..<place])) }
        }
    }
}
