extension FieldTable {
    /// Of chat completions, completions and embeddings.
    static let openAI = FieldTable(
        identifiers: [
            "id", "type", "role", "object", "model", "tool_call_id", "call_id", "name", "detail", "format",
            "service_tier", "system_fingerprint", "finish_reason", "reasoning_effort", "verbosity", "tool_choice",
            "function_call", "quality", "effort", "truncation", "voice", "encoding_format",
        ],
        data: [
            DataField("url", in: "image_url"), DataField("url", in: "video_url"), DataField("url", in: "audio_url"),
            DataField("image_url", in: "content"), DataField("data", in: "input_audio"), DataField("data", in: "audio"),
            DataField("file_data", in: "file"),
        ],
        toolMembers: ["tool_calls", "function_call"],
        context: [
            "tools", "tool_choice", "functions", "function_call", "response_format", "stop", "metadata", "user",
            "model", "logit_bias", "web_search_options", "audio", "modalities", "service_tier", "reasoning_effort",
            "verbosity", "prompt_cache_key", "safety_identifier", "encoding_format",
        ]
    )
}
