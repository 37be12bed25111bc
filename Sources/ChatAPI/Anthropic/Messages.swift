/// `POST /v1/messages` of Anthropic's API.
package struct Messages: Dialect {
    package let name = "anthropic.messages"
    package let errors = ErrorForm.anthropic
    package var fields: FieldTable { .messages }

    package init() {}

    package func request(parsing bytes: [UInt8]) throws(ChatAPIError) -> any DialectRequest {
        try MessagesRequest(parsing: bytes)
    }

    package func answer(parsing bytes: [UInt8]) throws(ChatAPIError) -> any DialectAnswer {
        try CollectedAnswer(parsing: bytes, form: .message)
    }

    package func stream() -> any DialectStream { MessageStream() }
}

/// `POST /v1/messages/count_tokens`: the same request, answered with a number.
package struct MessageTokenCount: Dialect {
    package let name = "anthropic.count_tokens"
    package let errors = ErrorForm.anthropic
    package let answersInWords = false
    package var fields: FieldTable { .messages }

    package init() {}

    package func request(parsing bytes: [UInt8]) throws(ChatAPIError) -> any DialectRequest {
        try MessagesRequest(parsing: bytes)
    }

    package func answer(parsing bytes: [UInt8]) throws(ChatAPIError) -> any DialectAnswer {
        try CollectedAnswer(parsing: bytes, form: .message)
    }

    package func stream() -> any DialectStream { MessageStream() }
}

extension FieldTable {
    static let messages = FieldTable(
        identifiers: [
            "id", "type", "role", "model", "name", "tool_use_id", "stop_reason", "media_type", "service_tier", "ttl",
            "file_id", "expires_at", "created_at", "user_id", "container", "inference_geo", "effort", "version",
            "server_name", "speed", "display", "category",
        ],
        data: [
            DataField("data", in: "source", types: ["base64"]), DataField("url", in: "source", types: ["url"]),
            DataField("data", in: "content", types: ["redacted_thinking"]), DataField("signature"),
            DataField("encrypted_content"), DataField("encrypted_index"),
        ],
        toolTypes: [
            "tool_use", "tool_result", "server_tool_use", "mcp_tool_use", "mcp_tool_result", "web_search_tool_result",
            "web_fetch_tool_result", "code_execution_tool_result", "bash_code_execution_tool_result",
            "text_editor_code_execution_tool_result", "tool_search_tool_result",
        ],
        context: [
            "tools", "tool_choice", "stop_sequences", "metadata", "mcp_servers", "output_config", "output_format",
            "context_management", "thinking", "model", "service_tier", "container", "betas",
        ]
    )
}

extension CollectedAnswer.Form {
    static let message = Self(
        table: .messages,
        usage: (member: "usage", prompt: "input_tokens", completion: "output_tokens")
    )
}
