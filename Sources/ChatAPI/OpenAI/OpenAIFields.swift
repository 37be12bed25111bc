extension FieldTable {
    /// Of chat completions, completions and embeddings.
    static let openAI = FieldTable(
        identifiers: [
            "tool_choice", "function_call", "id", "type", "role", "object", "model", "tool_call_id", "call_id",
            "detail", "format", "service_tier",
            "system_fingerprint", "finish_reason", "reasoning_effort", "verbosity", "quality", "effort", "truncation",
            "voice", "encoding_format",
        ],
        names: [
            "name", "user",
        ],
        members: chatMembers,
        free: [
            "arguments", "parameters", "schema", "metadata", "logit_bias",
        ],
        descriptions: [
            "tools": ["type", "function", "custom"],
            "function": ["name", "description", "parameters", "strict", "arguments"],
            "functions": ["name", "description", "parameters"],
            "custom": ["name", "description", "format", "input"],
        ],
        data: [
            DataField("url", in: "image_url"), DataField("url", in: "video_url"), DataField("url", in: "audio_url"),
            DataField("image_url", in: "content"), DataField("data", in: "input_audio"), DataField("data", in: "audio"),
            DataField("file_data", in: "file"),
        ],
        references: [DataField("file_id", in: "file"), DataField("id", in: "audio")],
        textTypes: ["text", "input_text", "output_text", "refusal", "thinking", "reasoning", "reference"],
        repetitions: [
            DataField("logprobs"), DataField("prompt_logprobs"), DataField("token_ids"), DataField("prompt_token_ids"),
            DataField("data", in: "audio"),
        ],
        tokenLists: ["logprobs", "prompt_logprobs"],
        toolMembers: ["tool_calls", "function_call"],
        context: [
            "tools", "tool_choice", "functions", "function_call", "response_format", "stop", "metadata", "user",
            "model", "logit_bias", "web_search_options", "audio", "modalities", "service_tier", "reasoning_effort",
            "verbosity", "prompt_cache_key", "safety_identifier", "encoding_format",
        ]
    )

    /// Of requests, answers and the events of streams; `obfuscation`, and what follows, is what common servers of the API add.
    private static let chatMembers: Set<String> = [
        "messages", "role", "content", "name", "tool_calls", "tool_call_id", "function_call", "refusal", "audio", "id",
        "type", "text", "image_url", "url", "detail", "input_audio", "data", "format", "file", "file_data", "file_id",
        "filename", "function", "arguments", "custom", "input", "video_url", "audio_url", "model", "stream",
        "stream_options", "include_usage", "include_obfuscation", "n", "prediction", "suffix", "prompt", "stop",
        "temperature", "top_p", "seed", "max_tokens", "max_completion_tokens", "presence_penalty", "frequency_penalty",
        "logit_bias", "logprobs", "top_logprobs", "user", "metadata", "store", "service_tier", "reasoning_effort",
        "verbosity", "modalities", "voice", "parallel_tool_calls", "tools", "description", "parameters", "strict",
        "grammar", "definition", "syntax", "tool_choice", "allowed_tools", "mode", "functions", "response_format",
        "json_schema", "schema", "web_search_options", "search_context_size", "user_location", "approximate", "city",
        "country", "region", "timezone", "prompt_cache_key", "prompt_cache_retention", "safety_identifier", "echo",
        "best_of", "encoding_format", "dimensions", "object", "created", "choices", "index", "message", "delta",
        "finish_reason", "annotations", "url_citation", "start_index", "end_index", "title", "expires_at", "transcript",
        "usage", "prompt_tokens", "completion_tokens", "total_tokens", "prompt_tokens_details",
        "completion_tokens_details",
        "cached_tokens", "audio_tokens", "reasoning_tokens", "text_tokens", "image_tokens",
        "accepted_prediction_tokens",
        "rejected_prediction_tokens", "system_fingerprint", "error", "param", "code", "events", "token", "bytes",
        "token_logprobs", "tokens", "text_offset", "embedding", "obfuscation", "reasoning", "reasoning_content",
        "top_k",
        "min_p", "repetition_penalty", "stop_reason", "matched_stop", "native_finish_reason", "prompt_logprobs",
        "prompt_token_ids", "token_ids", "kv_transfer_params", "timings", "provider", "cost",
    ]

    /// Members by which common servers of the API take a prompt that is no text: tokens, or what a model makes of them.
    static let wordlessPrompts: Set<String> = [
        "input_embeds", "input_ids", "prompt_embeds", "prompt_token_ids", "prompt_token_ids_b64",
    ]
}

extension JSONObject {
    /// Refuses a prompt that is no text: it may stand in place of the words that are read.
    func refuseWordlessPrompts() throws(ChatAPIError) {
        for member in members where FieldTable.wordlessPrompts.contains(member.name) && !member.value.isNull {
            throw .invalidRequest("'\(member.name)' cannot be judged: send the prompt as text.", parameter: member.name)
        }
    }
}
