import ChatAPI
import Testing

struct EndpointTests {
    @Test func knownOperationsAreRecognised() {
        #expect(Endpoint(method: "POST", path: "/v1/chat/completions")?.name == "openai.chat")
        #expect(Endpoint(method: "POST", path: "/v1/chat/completions?timeout=5")?.name == "openai.chat")
        #expect(Endpoint(method: "POST", path: "/v1/completions")?.name == "openai.completions")
        #expect(Endpoint(method: "POST", path: "/v1/responses")?.name == "openai.responses")
        #expect(Endpoint(method: "POST", path: "/v1/embeddings")?.name == "openai.embeddings")
        #expect(Endpoint(method: "POST", path: "/v1/messages?beta=true")?.name == "anthropic.messages")
        #expect(Endpoint(method: "POST", path: "/v1/messages/count_tokens")?.name == "anthropic.count_tokens")
        #expect(Endpoint(method: "POST", path: "/api/chat")?.name == "ollama.chat")
        #expect(Endpoint(method: "POST", path: "/api/generate")?.name == "ollama.generate")
        for version in ["v1", "v1beta"] {
            let model = "/\(version)/models/gemini-2.5-flash"
            #expect(Endpoint(method: "POST", path: model + ":generateContent")?.name == "gemini.generate")
            #expect(Endpoint(method: "POST", path: model + ":streamGenerateContent?alt=sse")?.name == "gemini.generate")
            #expect(Endpoint(method: "POST", path: model + ":countTokens")?.name == "gemini.count_tokens")
        }
        #expect(Endpoint(method: "GET", path: "/v1/models")?.name == "openai.models")
        #expect(Endpoint(method: "GET", path: "/v1/models/gpt-4.1:x_Y")?.name == "openai.models")
    }

    @Test(
        arguments: [
            "", "/", "/v1/chat/completions/", "/v1//chat/completions", "//v1/chat/completions",
            "/v1/chat%2Fcompletions", "/v1/chat/completion%73", "/V1/chat/completions", "/v1/chat/completions;x",
            "/v1/x/../chat/completions", "/v1/chat/completions#x", "http://host/v1/chat/completions",
            "/v1/files", "/v1/responses/resp_1", "/v1/messages/batches", "/api/pull", "/api/chat/",
            "/v1beta/models/gemini:batchGenerateContent", "/v1beta/models/:generateContent",
            "/v1beta/models/a%2Fb:generateContent", "/v1beta/models/a/b:generateContent",
        ]
    )
    func otherPathsAreNot(path: String) {
        #expect(Endpoint(method: "POST", path: path)?.name == nil)
    }

    @Test(arguments: ["/v1/models/", "/v1/models/a/b", "/v1/models/..%2Fadmin", "/v1/models/a b", "/v1/modelsx"])
    func aModelsNameIsPlain(path: String) {
        #expect(Endpoint(method: "GET", path: path)?.name == nil)
    }

    @Test(arguments: ["v1", "v1beta"])
    func anOperationOnAModelIsNoModel(version: String) {
        let model = "/\(version)/models/gemini-2.5-flash"
        for operation in ["generateContent", "streamGenerateContent?alt=sse", "countTokens", "batchEmbedContents"] {
            #expect(Endpoint(method: "GET", path: "\(model):\(operation)")?.name == nil, "\(operation)")
        }
        #expect(Endpoint(method: "GET", path: model)?.name != nil)
        #expect(Endpoint(method: "GET", path: "/\(version)/models/ft:gpt-4.1:us::generate")?.name != nil)
    }

    @Test(arguments: ["GET", "PUT", "DELETE", "post", "OPTIONS", ""])
    func otherMethodsAreNot(method: String) {
        #expect(Endpoint(method: method, path: "/v1/chat/completions")?.name == nil)
    }
}
