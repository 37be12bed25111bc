/// The two operations by which Ollama answers, and where each keeps its texts.
package enum OllamaOperation: String, Sendable, CaseIterable {
    /// `POST /api/chat`
    case chat
    /// `POST /api/generate`
    case generate

    /// The object of an answer that holds the texts: the answer itself, or a member of it.
    var holder: String? { self == .chat ? "message" : nil }
    /// The member of it that holds what is said.
    var text: String { self == .chat ? "content" : "response" }
}

/// `POST /api/chat` and `POST /api/generate` of Ollama's API.
package struct Ollama: Dialect {
    let operation: OllamaOperation

    package init(_ operation: OllamaOperation) { self.operation = operation }

    package var name: String { "ollama.\(operation.rawValue)" }
    package let errors = ErrorForm.ollama
    package let streamType = "application/x-ndjson"
    package var fields: FieldTable { .ollama }

    package func request(
        parsing bytes: [UInt8],
        limits: JSONLimits
    ) throws(ChatAPIError) -> any DialectRequest {
        try OllamaRequest(parsing: bytes, operation: operation, limits: limits)
    }

    package func answer(
        parsing bytes: [UInt8],
        limits: JSONLimits
    ) throws(ChatAPIError) -> any DialectAnswer {
        try CollectedAnswer(parsing: bytes, limits: limits, form: .ollama)
    }

    package func stream(limits: JSONLimits) -> any DialectStream { OllamaStream(operation, limits: limits) }
}

extension FieldTable {
    static let ollama = FieldTable(
        identifiers: [
            "model", "role", "type", "id", "created_at", "done_reason", "format", "keep_alive", "think", "remote_model",
            "remote_host",
        ],
        names: [
            "name", "tool_name",
        ],
        members: ollamaMembers,
        free: [
            "arguments", "parameters", "options", "format",
        ],
        descriptions: [
            "tools": ["type", "function"],
            "function": ["name", "description", "parameters", "index", "arguments"],
        ],
        data: [DataField("images"), DataField("image")],
        repetitions: [DataField("logprobs"), DataField("context")],
        tokenLists: ["logprobs"],
        toolMembers: ["tool_calls"],
        context: ["tools", "format", "options", "model", "keep_alive", "think", "template"]
    )

    /// Of requests, answers and the lines of streams.
    private static let ollamaMembers: Set<String> = [
        "model", "messages", "role", "content", "thinking", "images", "image", "tool_calls", "tool_name", "function",
        "name", "arguments", "parameters", "description", "tools", "format", "options", "stream", "keep_alive", "think",
        "raw", "suffix", "system", "template", "prompt", "context", "logprobs", "top_logprobs", "message", "response",
        "done", "done_reason", "created_at", "total_duration", "load_duration", "prompt_eval_count",
        "prompt_eval_duration",
        "eval_count", "eval_duration", "remote_model", "remote_host", "id", "type", "index", "token", "logprob",
        "bytes",
        "error", "errors", "truncate", "shift", "stop", "dimensions", "width", "height", "steps", "seed", "completed",
        "total",
    ]
}

extension CollectedAnswer.Form {
    static let ollama = Self(
        table: .ollama,
        usage: (member: nil, prompt: ["prompt_eval_count"], completion: ["eval_count"])
    )
}
