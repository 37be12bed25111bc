/// `POST /v1/completions` of OpenAI's API: one text is gone on with.
package struct TextCompletions: Dialect {
    package let name = "openai.completions"
    package let errors = ErrorForm.openAI
    package var fields: FieldTable { .openAI }

    package init() {}

    package func request(
        parsing bytes: [UInt8],
        limits: JSONLimits
    ) throws(ChatAPIError) -> any DialectRequest {
        try TextCompletionRequest(parsing: bytes, limits: limits)
    }

    package func answer(
        parsing bytes: [UInt8],
        limits: JSONLimits
    ) throws(ChatAPIError) -> any DialectAnswer {
        try CollectedAnswer(parsing: bytes, limits: limits, form: .textCompletion)
    }

    package func stream(limits: JSONLimits) -> any DialectStream { TextCompletionStream(limits: limits) }
}

extension CollectedAnswer.Form {
    static let textCompletion = Self(
        table: .openAI,
        list: "choices",
        usage: (member: "usage", prompt: ["prompt_tokens"], completion: ["completion_tokens"])
    )
}
