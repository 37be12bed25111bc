/// Why an answer ended, in OpenAI's words.
package enum FinishReason: String, Sendable {
    case stop
    case length
    /// The answer, or a part of it, was held back.
    case contentFilter = "content_filter"
}

/// Writes an answer of our own in the dialect: whole, or as a stream piece by piece.
package struct ChatCompletionWriter: Sendable {
    package var id: String
    /// Seconds since 1970.
    package var created: Int
    /// The model's name, as the caller asked for it.
    package var model: String

    package init(id: String, created: Int, model: String) {
        self.id = id
        self.created = created
        self.model = model
    }

    /// The whole answer.
    package func completion(_ text: String, finish: FinishReason, usage: TokenUsage = TokenUsage()) -> [UInt8] {
        JSONWriter.bytes(
            .object([
                "id": .string(id),
                "object": .string("chat.completion"),
                "created": .number(String(created)),
                "model": .string(model),
                "choices": .array([
                    .object([
                        "index": .number("0"),
                        "message": .object([
                            "role": .string("assistant"), "content": .string(text), "refusal": .null,
                        ]),
                        "logprobs": .null,
                        "finish_reason": .string(finish.rawValue),
                    ])
                ]),
                "usage": usage.json,
            ])
        )
    }

    /// The first event of a stream.
    package func start() -> [UInt8] {
        chunk(delta: ["role": .string("assistant"), "content": .string("")], finish: nil)
    }

    /// A piece of the text.
    package func piece(_ text: String) -> [UInt8] { chunk(delta: ["content": .string(text)], finish: nil) }

    /// The end of the stream.
    ///
    /// - Parameter usage: given in an event of its own, if the caller asked for it.
    package func end(_ finish: FinishReason, usage: TokenUsage?) -> [UInt8] {
        var bytes = chunk(delta: [:], finish: finish)
        if let usage {
            bytes += EventStreamWriter.bytes(envelope(choices: [], usage: usage.json))
        }
        return bytes + EventStreamWriter.done
    }

    /// The whole text as the events of a stream, a word or two each, as a model would send it.
    package func stream(_ text: String, finish: FinishReason, usage: TokenUsage?) -> [[UInt8]] {
        [start()] + TextPieces.of(text).map(piece) + [end(finish, usage: usage)]
    }

    private func chunk(delta: JSONObject, finish: FinishReason?) -> [UInt8] {
        let choice = JSONValue.object([
            "index": .number("0"),
            "delta": .object(delta),
            "logprobs": .null,
            "finish_reason": finish.map { .string($0.rawValue) } ?? .null,
        ])
        return EventStreamWriter.bytes(envelope(choices: [choice], usage: nil))
    }

    /// What each event says about the answer.
    var frame: JSONObject {
        ["id": .string(id), "created": .number(String(created)), "model": .string(model)]
    }

    private func envelope(choices: [JSONValue], usage: JSONValue?) -> JSONValue {
        var object: JSONObject = [
            "id": .string(id),
            "object": .string("chat.completion.chunk"),
            "created": .number(String(created)),
            "model": .string(model),
            "choices": .array(choices),
        ]
        object["usage"] = usage
        return .object(object)
    }
}

extension TokenUsage {
    var json: JSONValue {
        .object([
            "prompt_tokens": .number(String(prompt)),
            "completion_tokens": .number(String(completion)),
            "total_tokens": .number(String(prompt + completion)),
        ])
    }
}
