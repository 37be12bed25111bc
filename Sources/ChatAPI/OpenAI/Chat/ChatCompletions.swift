/// `POST /v1/chat/completions` of OpenAI's API.
package struct ChatCompletions: Dialect {
    package let name = "openai.chat"
    package let errors = ErrorForm.openAI
    package var fields: FieldTable { .openAI }

    package init() {}

    package func request(
        parsing bytes: [UInt8],
        limits: JSONLimits
    ) throws(ChatAPIError) -> any DialectRequest {
        try ChatCompletionRequest(parsing: bytes, limits: limits)
    }

    package func answer(
        parsing bytes: [UInt8],
        limits: JSONLimits
    ) throws(ChatAPIError) -> any DialectAnswer {
        try ChatCompletion(parsing: bytes, limits: limits)
    }

    package func stream(limits: JSONLimits) -> any DialectStream { ChatCompletionStream(limits: limits) }
}

extension ChatCompletionRequest {
    package func reply(_ text: String, as identity: ReplyIdentity) -> [UInt8] {
        writer(identity).completion(text, finish: .contentFilter)
    }

    package func replyStream(as identity: ReplyIdentity) -> any DialectStream {
        ChatCompletionStream(frame: writer(identity).frame, usage: includesUsage ? TokenUsage() : nil)
    }

    private func writer(_ identity: ReplyIdentity) -> ChatCompletionWriter {
        ChatCompletionWriter(
            id: "chatcmpl-guardian-\(identity.requestID)",
            created: identity.created,
            model: model
        )
    }
}
