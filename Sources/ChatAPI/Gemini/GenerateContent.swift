/// `generateContent` and `streamGenerateContent` of Google's Gemini API. The model's name, and whether a stream is asked
/// for, stand in the path.
package struct GenerateContent: Dialect {
    let model: String
    let isStream: Bool

    package init(model: String, isStream: Bool) {
        self.model = model
        self.isStream = isStream
    }

    package let name = "gemini.generate"
    package let errors = ErrorForm.gemini
    package var fields: FieldTable { .generateContent }

    package func request(parsing bytes: [UInt8]) throws(ChatAPIError) -> any DialectRequest {
        try GenerateContentRequest(parsing: bytes, model: model, isStream: isStream)
    }

    package func answer(parsing bytes: [UInt8]) throws(ChatAPIError) -> any DialectAnswer {
        try CollectedAnswer(parsing: bytes, form: .generatedContent)
    }

    package func stream() -> any DialectStream { GeneratedContentStream() }
}

/// `countTokens`: the same texts, answered with a number.
package struct ContentTokenCount: Dialect {
    let model: String

    package init(model: String) { self.model = model }

    package let name = "gemini.count_tokens"
    package let errors = ErrorForm.gemini
    package let answersInWords = false
    package var fields: FieldTable { .generateContent }

    package func request(parsing bytes: [UInt8]) throws(ChatAPIError) -> any DialectRequest {
        try GenerateContentRequest(parsing: bytes, model: model, isStream: false, requiresContents: false)
    }

    package func answer(parsing bytes: [UInt8]) throws(ChatAPIError) -> any DialectAnswer {
        try CollectedAnswer(parsing: bytes, form: .generatedContent)
    }

    package func stream() -> any DialectStream { GeneratedContentStream() }
}

extension FieldTable {
    /// Google's APIs take the names of members in camel case and with underscores alike.
    static let generateContent = FieldTable(
        identifiers: [
            "role", "name", "id", "type", "mimeType", "mime_type", "category", "threshold", "mode", "model",
            "modelVersion", "responseId", "finishReason", "blockReason", "probability", "severity", "modality",
            "responseMimeType", "response_mime_type", "language", "outcome", "cachedContent", "cached_content",
            "allowedFunctionNames", "allowed_function_names", "responseModalities", "response_modalities",
            "thinkingLevel", "mediaResolution", "voiceName", "behavior", "format", "trafficType", "serviceTier",
            "createTime",
        ],
        data: [
            DataField("data", in: "inlineData"), DataField("data", in: "inline_data"),
            DataField("fileUri", in: "fileData"), DataField("file_uri", in: "file_data"),
            DataField("thoughtSignature"), DataField("thought_signature"),
        ],
        toolMembers: [
            "functionCall", "function_call", "functionResponse", "function_response", "codeExecutionResult",
            "code_execution_result", "executableCode", "executable_code", "toolCall", "toolResponse",
        ],
        context: [
            "tools", "toolConfig", "tool_config", "safetySettings", "safety_settings", "generationConfig",
            "generation_config", "cachedContent", "cached_content", "labels", "model", "serviceTier", "store",
        ]
    )
}

extension CollectedAnswer.Form {
    static let generatedContent = Self(
        table: .generateContent,
        list: "candidates",
        tokens: "logprobsResult",
        usage: (member: "usageMetadata", prompt: "promptTokenCount", completion: "candidatesTokenCount")
    )
}
