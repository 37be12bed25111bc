import Gateway
import Policy
import Testing

@Suite struct RequestRoutesTests {
    @Test func `a path stands for its API too, and the name of an API for itself`() {
        #expect(RequestScope.routes(["/v1/chat/completions"]) == ["/v1/chat/completions", "openai.chat"])
        #expect(RequestScope.routes(["openai.chat", "/v1/files"]) == ["openai.chat", "/v1/files"])
        #expect(RequestScope.routes([]).isEmpty)
    }
}
