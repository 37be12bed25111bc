/// `POST /v1/responses` of OpenAI's API.
package struct Responses: Dialect {
    package let name = "openai.responses"
    package let errors = ErrorForm.openAI
    package let keepsConversations = true
    package var fields: FieldTable { .responses }

    package init() {}

    package func request(
        parsing bytes: [UInt8],
        limits: JSONLimits
    ) throws(ChatAPIError) -> any DialectRequest {
        try ResponseRequest(parsing: bytes, limits: limits)
    }

    package func answer(
        parsing bytes: [UInt8],
        limits: JSONLimits
    ) throws(ChatAPIError) -> any DialectAnswer {
        try CollectedAnswer(parsing: bytes, limits: limits, form: .response)
    }

    package func stream(limits: JSONLimits) -> any DialectStream { ResponseStream(limits: limits) }
}

extension FieldTable {
    static let responses = FieldTable(
        identifiers: [
            "tool_choice", "reason", "id", "type", "role", "object", "model", "call_id", "item_id", "status", "detail",
            "format",
            "service_tier",
            "effort", "verbosity", "truncation", "encoding_format", "file_id", "container_id", "include",
            "previous_response_id", "conversation", "phase", "prompt_cache_retention", "background", "mode",
            "syntax", "search_context_size", "environment", "generate_summary", "version",
            "input_fidelity", "quality", "moderation", "output_format", "size",
        ],
        names: [
            "name", "code", "summary", "server_label", "connector_id", "prompt_cache_key",
            "safety_identifier", "user",
        ],
        lists: ["include"],
        members: responseMembers,
        free: [
            "arguments", "parameters", "schema", "metadata", "headers",
        ],
        maps: ["variables"],
        typedDescriptions: [
            "function": ["type", "name", "description", "parameters", "strict"],
            "custom": ["type", "name", "description", "format"],
        ],
        data: [
            DataField("image_url", types: ["input_image", "computer_screenshot"]),
            DataField("image_url", in: "input_image_mask"),
            DataField("file_data", types: ["input_file"]), DataField("file_url", types: ["input_file"]),
            DataField("data", in: "input_audio"), DataField("encrypted_content", kind: .sealed),
            DataField("result", types: ["image_generation_call"]), DataField("partial_image_b64"),
        ],
        references: [
            DataField("file_id", types: ["computer_screenshot", "input_file", "input_image"]),
            DataField("file_id", in: "input_image_mask"), DataField("file_ids", in: "container"),
        ],
        textTypes: ["input_text", "output_text", "text", "refusal", "summary_text", "reasoning_text"],
        repetitions: [DataField("logprobs"), DataField("token_ids"), DataField("prompt_token_ids")],
        tokenLists: ["logprobs"],
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

    /// Of requests, answers and the events of streams.
    private static let responseMembers: Set<String> = [
        "model", "input", "instructions", "stream", "stream_options", "include_obfuscation", "store", "background",
        "role",
        "type", "content", "text", "annotations", "logprobs", "refusal", "image_url", "file_id", "file_data",
        "file_url",
        "filename", "detail", "input_audio", "data", "format", "id", "status", "summary", "encrypted_content",
        "call_id",
        "name", "arguments", "output", "tools", "tool_choice", "description", "parameters", "strict", "schema",
        "metadata",
        "user", "reasoning", "effort", "generate_summary", "include", "service_tier", "truncation", "temperature",
        "top_p",
        "top_logprobs", "max_output_tokens", "max_tool_calls", "parallel_tool_calls", "previous_response_id",
        "conversation", "prompt", "variables", "version", "prompt_cache_key", "prompt_cache_retention",
        "safety_identifier",
        "context_management", "compact_threshold", "verbosity", "title", "url", "url_citation", "file_citation",
        "container_file_citation", "file_path", "start_index", "end_index", "index", "container_id", "item_id",
        "action",
        "query", "queries", "sources", "results", "score", "attributes", "vector_store_ids", "max_num_results",
        "ranking_options", "ranker", "score_threshold", "hybrid_search", "embedding_weight", "text_weight", "filters",
        "key", "value", "user_location", "approximate", "city", "country", "region", "timezone", "allowed_domains",
        "search_context_size", "server_label", "server_url", "server_description", "headers", "authorization",
        "connector_id", "allowed_tools", "tool_names", "read_only", "require_approval", "always", "never", "approve",
        "approval_request_id", "request_id", "reason", "error", "code", "message", "param", "container", "memory_limit",
        "file_ids", "outputs", "logs", "stdout", "stderr", "outcome", "exit_code", "definition", "syntax", "grammar",
        "custom", "mode", "tool", "display_width", "display_height", "environment", "button", "x", "y", "path",
        "scroll_x",
        "scroll_y", "keys", "ms", "command", "commands", "env", "timeout_ms", "working_directory", "max_output_length",
        "operation", "diff", "acknowledged_safety_checks", "pending_safety_checks", "result", "partial_image_b64",
        "partial_images", "partial_image_index", "input_fidelity", "input_image_mask", "moderation",
        "output_compression",
        "output_format", "quality", "size", "revised_prompt", "object", "created_at", "completed_at",
        "incomplete_details",
        "usage", "input_tokens", "input_tokens_details", "cached_tokens", "output_tokens", "output_tokens_details",
        "reasoning_tokens", "total_tokens", "phase", "response", "events", "event", "sequence_number", "output_index",
        "content_index", "summary_index", "annotation", "annotation_index", "part", "item", "delta", "obfuscation",
        "token",
        "bytes", "billing", "payer",
    ]
}

extension CollectedAnswer.Form {
    static let response = Self(
        table: .responses,
        list: "output",
        usage: (member: "usage", prompt: ["input_tokens"], completion: ["output_tokens"])
    )
}
