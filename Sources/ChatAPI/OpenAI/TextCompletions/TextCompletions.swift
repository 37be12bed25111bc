/// `POST /v1/completions` of OpenAI's API: one text is gone on with.
package struct TextCompletions: Dialect {
    package let name = "openai.completions"
    package let errors = ErrorForm.openAI
    package var fields: FieldTable { .openAI }

    package init() {}

    package func request(parsing bytes: [UInt8]) throws(ChatAPIError) -> any DialectRequest {
        try TextCompletionRequest(parsing: bytes)
    }

    package func answer(parsing bytes: [UInt8]) throws(ChatAPIError) -> any DialectAnswer {
        try CollectedAnswer(parsing: bytes, form: .textCompletion)
    }

    package func stream() -> any DialectStream { TextCompletionStream() }
}

extension CollectedAnswer.Form {
    static let textCompletion = Self(
        table: .openAI,
        list: "choices",
        tokens: "logprobs",
        usage: (member: "usage", prompt: "prompt_tokens", completion: "completion_tokens")
    )
}
