/// `POST /v1/messages` of Anthropic's API.
package struct Messages: Dialect {
    package let name = "anthropic.messages"
    package let errors = ErrorForm.anthropic
    package var fields: FieldTable { .messages }

    package init() {}

    package func request(
        parsing bytes: [UInt8],
        limits: JSONLimits
    ) throws(ChatAPIError) -> any DialectRequest {
        try MessagesRequest(parsing: bytes, limits: limits)
    }

    package func answer(
        parsing bytes: [UInt8],
        limits: JSONLimits
    ) throws(ChatAPIError) -> any DialectAnswer {
        try CollectedAnswer(parsing: bytes, limits: limits, form: .message)
    }

    package func stream(limits: JSONLimits) -> any DialectStream { MessageStream(limits: limits) }
}

/// `POST /v1/messages/count_tokens`: the same request, answered with a number.
package struct MessageTokenCount: Dialect {
    package let name = "anthropic.count_tokens"
    package let errors = ErrorForm.anthropic
    package let answersInWords = false
    package var fields: FieldTable { .messages }

    package init() {}

    package func request(
        parsing bytes: [UInt8],
        limits: JSONLimits
    ) throws(ChatAPIError) -> any DialectRequest {
        try MessagesRequest(parsing: bytes, limits: limits)
    }

    package func answer(
        parsing bytes: [UInt8],
        limits: JSONLimits
    ) throws(ChatAPIError) -> any DialectAnswer {
        try CollectedAnswer(parsing: bytes, limits: limits, form: .message)
    }

    package func stream(limits: JSONLimits) -> any DialectStream { MessageStream(limits: limits) }
}

extension FieldTable {
    static let messages = FieldTable(
        identifiers: [
            "id", "type", "role", "model", "tool_use_id", "stop_reason", "media_type", "service_tier", "ttl", "file_id",
            "expires_at", "created_at", "inference_geo", "effort", "version", "speed", "display",
        ],
        names: [
            "name", "server_name", "user_id", "container", "category",
        ],
        members: messageMembers,
        free: [
            "input", "input_schema", "input_examples", "schema", "metadata",
        ],
        data: [
            DataField("data", in: "source", types: ["base64"]), DataField("url", in: "source", types: ["url"]),
            DataField("data", in: "content", types: ["redacted_thinking"], kind: .sealed),
            DataField("signature", kind: .sealed), DataField("encrypted_content", kind: .sealed),
            DataField("encrypted_index", kind: .sealed),
        ],
        references: [DataField("file_id", in: "source"), DataField("file_id", types: ["container_upload"])],
        textTypes: [
            "text", "thinking", "redacted_thinking", "document", "search_result", "tool_reference",
            "web_search_result", "web_fetch_result", "code_execution_result", "code_execution_output",
            "encrypted_code_execution_result", "bash_code_execution_result", "bash_code_execution_output",
            "text_editor_code_execution_view_result", "text_editor_code_execution_create_result",
            "text_editor_code_execution_str_replace_result", "tool_search_tool_search_result",
            "web_search_tool_result_error", "web_fetch_tool_result_error", "code_execution_tool_result_error",
            "bash_code_execution_tool_result_error", "text_editor_code_execution_tool_result_error",
            "tool_search_tool_result_error",
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

    /// Of requests, answers and the events of streams.
    private static let messageMembers: Set<String> = [
        "model", "max_tokens", "messages", "role", "content", "type", "text", "system", "stream", "temperature",
        "top_p",
        "top_k", "stop_sequences", "metadata", "user_id", "thinking", "budget_tokens", "display", "tools",
        "tool_choice",
        "disable_parallel_tool_use", "name", "description", "input_schema", "strict", "cache_control", "ttl",
        "allowed_callers", "defer_loading", "eager_input_streaming", "input_examples", "mcp_servers", "url",
        "authorization_token", "tool_configuration", "enabled", "allowed_tools", "output_config", "output_format",
        "effort",
        "schema", "format", "task_budget", "context_management", "edits", "trigger", "keep", "clear_at_least",
        "exclude_tools", "clear_tool_inputs", "service_tier", "container", "skills", "skill_id", "version", "betas",
        "inference_geo", "speed", "source", "data", "media_type", "file_id", "title", "context", "citations",
        "cited_text",
        "document_index", "document_title", "start_char_index", "end_char_index", "start_page_number",
        "end_page_number",
        "start_block_index", "end_block_index", "search_result_index", "encrypted_index", "tool_use_id", "is_error",
        "id",
        "input", "signature", "server_name", "max_uses", "allowed_domains", "blocked_domains", "max_content_tokens",
        "user_location", "city", "country", "region", "timezone", "display_width_px", "display_height_px",
        "display_number",
        "max_characters", "default_config", "configs", "mcp_server_name", "encrypted_content", "page_age", "error_code",
        "error_message", "retrieved_at", "stdout", "stderr", "return_code", "file_type", "num_lines", "start_line",
        "total_lines", "is_file_update", "old_start", "old_lines", "new_start", "new_lines", "lines", "tool_references",
        "tool_name", "caller", "tool_id", "stop_reason", "stop_sequence", "stop_details", "category", "explanation",
        "usage", "input_tokens", "output_tokens", "cache_creation", "cache_creation_input_tokens",
        "cache_read_input_tokens", "ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens", "server_tool_use",
        "web_search_requests", "web_fetch_requests", "iterations", "output_tokens_details", "thinking_tokens",
        "expires_at",
        "created_at", "applied_edits", "cleared_tool_uses", "cleared_input_tokens", "cleared_thinking_turns",
        "original_input_tokens", "events", "deltas", "delta", "index", "message", "content_block", "error",
        "request_id",
    ]
}

extension CollectedAnswer.Form {
    static let message = Self(
        table: .messages,
        usage: (
            member: "usage", prompt: ["input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"],
            completion: ["output_tokens"]
        )
    )
}
