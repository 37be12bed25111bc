/// `POST /v1/responses` of OpenAI's API.
package struct Responses: Dialect {
    package let name = "openai.responses"
    package let errors = ErrorForm.openAI
    package var fields: FieldTable { .responses }

    package init() {}

    package func request(parsing bytes: [UInt8]) throws(ChatAPIError) -> any DialectRequest {
        try ResponseRequest(parsing: bytes)
    }

    package func answer(parsing bytes: [UInt8]) throws(ChatAPIError) -> any DialectAnswer {
        try CollectedAnswer(parsing: bytes, form: .response)
    }

    package func stream() -> any DialectStream { ResponseStream() }
}

extension FieldTable {
    static let responses = FieldTable(
        identifiers: [
            "id", "type", "role", "object", "model", "call_id", "item_id", "name", "status", "detail", "format",
            "service_tier", "tool_choice", "effort", "verbosity", "truncation", "encoding_format", "file_id",
            "container_id", "include", "previous_response_id", "conversation", "reason", "server_label", "phase",
            "prompt_cache_key", "prompt_cache_retention", "safety_identifier", "background", "mode", "syntax",
            "search_context_size", "environment", "summary", "generate_summary", "code", "connector_id", "version",
            "input_fidelity", "quality", "background", "moderation", "output_format", "size",
        ],
        data: [
            DataField("image_url", types: ["input_image", "computer_screenshot"]),
            DataField("file_data", types: ["input_file"]), DataField("file_url", types: ["input_file"]),
            DataField("data", in: "input_audio"), DataField("encrypted_content"),
            DataField("result", types: ["image_generation_call"]), DataField("partial_image_b64"),
        ],
        toolTypes: [
            "function_call", "function_call_output", "custom_tool_call", "custom_tool_call_output", "computer_call",
            "computer_call_output", "local_shell_call", "local_shell_call_output", "shell_call", "shell_call_output",
            "apply_patch_call", "apply_patch_call_output", "web_search_call", "file_search_call",
            "code_interpreter_call", "image_generation_call", "mcp_call", "mcp_list_tools", "mcp_approval_request",
            "mcp_approval_response", "tool_search_call", "tool_search_output",
        ],
        context: [
            "tools", "tool_choice", "text", "metadata", "user", "model", "prompt", "reasoning", "include",
            "service_tier", "truncation", "previous_response_id", "conversation", "prompt_cache_key",
            "prompt_cache_retention", "safety_identifier", "context_management",
        ]
    )
}

extension CollectedAnswer.Form {
    static let response = Self(
        table: .responses,
        list: "output",
        usage: (member: "usage", prompt: "input_tokens", completion: "output_tokens")
    )
}
