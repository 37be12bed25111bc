import ChatAPI
import Testing

struct EndpointTests {
    @Test func knownOperationsAreRecognised() {
        #expect(Endpoint(method: "POST", path: "/v1/chat/completions") == .chatCompletions)
        #expect(Endpoint(method: "POST", path: "/v1/chat/completions?timeout=5") == .chatCompletions)
        #expect(Endpoint(method: "GET", path: "/v1/models") == .models)
        #expect(Endpoint(method: "GET", path: "/v1/models/gpt-4.1:x_Y") == .models)
    }

    @Test(
        arguments: [
            "", "/", "/v1/chat/completions/", "/v1//chat/completions", "//v1/chat/completions",
            "/v1/chat%2Fcompletions", "/v1/chat/completion%73", "/V1/chat/completions", "/v1/chat/completions;x",
            "/v1/x/../chat/completions", "/v1/chat/completions#x", "http://host/v1/chat/completions",
            "/v1/embeddings", "/v1/responses",
        ]
    )
    func otherPathsAreNot(path: String) {
        #expect(Endpoint(method: "POST", path: path) == nil)
    }

    @Test(arguments: ["/v1/models/", "/v1/models/a/b", "/v1/models/..%2Fadmin", "/v1/models/a b", "/v1/modelsx"])
    func aModelsNameIsPlain(path: String) {
        #expect(Endpoint(method: "GET", path: path) == nil)
    }

    @Test(arguments: ["GET", "PUT", "DELETE", "post", "OPTIONS", ""])
    func otherMethodsAreNot(method: String) {
        #expect(Endpoint(method: method, path: "/v1/chat/completions") == nil)
    }
}
