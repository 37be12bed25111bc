import ChatAPI
import Testing

struct ErrorFormTests {
    @Test(
        arguments: [
            ("/v1/chat/completions", ErrorForm.openAI, ErrorForm.openAI), ("/v1/messages", .anthropic, .anthropic),
            ("/v1/messages/count_tokens", .anthropic, .anthropic), ("/api/chat", .ollama, .ollama),
            ("/v1beta/models/m:generateContent", .gemini, .gemini), ("/v1/models/m:generateContent", .gemini, .gemini),
            ("/v1/models", .openAI, .anthropic), ("/v1/models?limit=1", .openAI, .anthropic),
            ("/v1/models/m", .openAI, .anthropic), ("/v1/modelsx", .openAI, .openAI), ("/v1/files", .openAI, .openAI),
        ] as [(String, ErrorForm, ErrorForm)]
    )
    func theFormIsThatOfThePathsAPI(path: String, plain: ErrorForm, versioned: ErrorForm) {
        #expect(ErrorForm(path: path) == plain)
        #expect(ErrorForm(path: path, namesVersion: true) == versioned)
    }
}
