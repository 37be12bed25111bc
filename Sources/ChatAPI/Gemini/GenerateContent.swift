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

    package func request(
        parsing bytes: [UInt8],
        limits: JSONLimits
    ) throws(ChatAPIError) -> any DialectRequest {
        try GenerateContentRequest(parsing: bytes, model: model, isStream: isStream, limits: limits)
    }

    package func answer(
        parsing bytes: [UInt8],
        limits: JSONLimits
    ) throws(ChatAPIError) -> any DialectAnswer {
        try CollectedAnswer(parsing: bytes, limits: limits, form: .generatedContent)
    }

    package func stream(limits: JSONLimits) -> any DialectStream { GeneratedContentStream(limits: limits) }
}

/// `countTokens`: the same texts, answered with a number.
package struct ContentTokenCount: Dialect {
    let model: String

    package init(model: String) { self.model = model }

    package let name = "gemini.count_tokens"
    package let errors = ErrorForm.gemini
    package let answersInWords = false
    package var fields: FieldTable { .generateContent }

    package func request(
        parsing bytes: [UInt8],
        limits: JSONLimits
    ) throws(ChatAPIError) -> any DialectRequest {
        try GenerateContentRequest(
            parsing: bytes,
            model: model,
            isStream: false,
            requiresContents: false,
            limits: limits
        )
    }

    package func answer(
        parsing bytes: [UInt8],
        limits: JSONLimits
    ) throws(ChatAPIError) -> any DialectAnswer {
        try CollectedAnswer(parsing: bytes, limits: limits, form: .generatedContent)
    }

    package func stream(limits: JSONLimits) -> any DialectStream { GeneratedContentStream(limits: limits) }
}

extension FieldTable {
    /// Google's APIs take the names of members in camel case and with underscores alike.
    static let generateContent = FieldTable(
        identifiers: [
            "role", "id", "type", "mimeType", "mime_type", "category", "threshold", "mode", "model", "modelVersion",
            "responseId", "finishReason", "blockReason", "probability", "severity", "modality", "responseMimeType",
            "response_mime_type", "language", "outcome", "cachedContent", "cached_content", "responseModalities",
            "response_modalities", "thinkingLevel", "mediaResolution", "behavior", "format", "trafficType",
            "serviceTier",
            "createTime",
        ],
        names: [
            "name", "allowedFunctionNames", "allowed_function_names", "voiceName", "voice_name", "displayName",
            "display_name",
        ],
        lists: ["responseModalities", "response_modalities", "allowedFunctionNames", "allowed_function_names"],
        members: contentMembers,
        free: [
            "args", "response", "parameters", "parametersJsonSchema", "parameters_json_schema", "responseSchema",
            "response_schema", "responseJsonSchema", "response_json_schema", "labels",
        ],
        data: [
            DataField("data", in: "inlineData"), DataField("data", in: "inline_data"),
            DataField("fileUri", in: "fileData"), DataField("file_uri", in: "file_data"),
            DataField("file_uri", in: "fileData"), DataField("fileUri", in: "file_data"),
            DataField("thoughtSignature", kind: .sealed), DataField("thought_signature", kind: .sealed),
        ],
        repetitions: [DataField("logprobsResult"), DataField("logprobs_result")],
        tokenLists: ["logprobsResult", "logprobs_result"],
        toolMembers: [
            "functionCall", "function_call", "functionResponse", "function_response", "codeExecutionResult",
            "code_execution_result", "executableCode", "executable_code", "toolCall", "toolResponse",
        ],
        context: [
            "tools", "toolConfig", "tool_config", "safetySettings", "safety_settings", "generationConfig",
            "generation_config", "cachedContent", "cached_content", "labels", "model", "serviceTier", "store",
        ]
    )

    /// Of requests, answers and the events of streams, in camel case.
    private static let camelCaseMembers: Set<String> = [
        "contents", "role", "parts", "text", "thought", "thoughtSignature", "inlineData", "fileData", "fileUri",
        "mimeType",
        "data", "displayName", "functionCall", "functionResponse", "name", "args", "response", "id", "willContinue",
        "scheduling", "executableCode", "code", "language", "codeExecutionResult", "outcome", "output", "toolCall",
        "toolResponse", "toolType", "videoMetadata", "startOffset", "endOffset", "fps", "mediaResolution",
        "partMetadata",
        "systemInstruction", "generationConfig", "temperature", "topP", "topK", "candidateCount", "maxOutputTokens",
        "stopSequences", "presencePenalty", "frequencyPenalty", "seed", "responseMimeType", "responseSchema",
        "responseJsonSchema", "responseLogprobs", "logprobs", "enableEnhancedCivicAnswers", "responseModalities",
        "speechConfig", "voiceConfig", "prebuiltVoiceConfig", "voiceName", "multiSpeakerVoiceConfig", "languageCode",
        "thinkingConfig", "includeThoughts", "thinkingBudget", "thinkingLevel", "imageConfig", "aspectRatio",
        "imageSize",
        "safetySettings", "category", "threshold", "method", "tools", "functionDeclarations", "description",
        "parameters",
        "parametersJsonSchema", "behavior", "googleSearch", "googleSearchRetrieval", "dynamicRetrievalConfig", "mode",
        "dynamicThreshold", "codeExecution", "urlContext", "googleMaps", "computerUse", "environment", "fileSearch",
        "fileSearchStoreNames", "enableWidget", "timeRangeFilter", "startTime", "endTime", "toolConfig",
        "functionCallingConfig", "allowedFunctionNames", "retrievalConfig", "latLng", "latitude", "longitude",
        "includeServerSideToolInvocations", "cachedContent", "labels", "model", "serviceTier", "store",
        "generateContentRequest", "candidates", "content", "finishReason", "finishMessage", "index", "safetyRatings",
        "probability", "probabilityScore", "severity", "severityScore", "blocked", "citationMetadata",
        "citationSources",
        "citations", "startIndex", "endIndex", "uri", "license", "title", "publicationDate", "groundingMetadata",
        "groundingChunks", "web", "retrievedContext", "maps", "placeId", "groundingSupports", "segment", "partIndex",
        "groundingChunkIndices", "confidenceScores", "webSearchQueries", "imageSearchQueries", "retrievalQueries",
        "searchEntryPoint", "renderedContent", "sdkBlob", "retrievalMetadata", "googleSearchDynamicRetrievalScore",
        "groundingAttributions", "sourceId", "urlContextMetadata", "urlMetadata", "retrievedUrl", "urlRetrievalStatus",
        "avgLogprobs", "logprobsResult", "topCandidates", "chosenCandidates", "token", "tokenId", "logProbability",
        "logProbabilitySum", "tokenCount", "promptFeedback", "blockReason", "blockReasonMessage", "usageMetadata",
        "promptTokenCount", "candidatesTokenCount", "totalTokenCount", "cachedContentTokenCount", "thoughtsTokenCount",
        "toolUsePromptTokenCount", "promptTokensDetails", "candidatesTokensDetails", "cacheTokensDetails",
        "toolUsePromptTokensDetails", "modality", "trafficType", "modelVersion", "responseId", "createTime",
        "modelStatus",
        "errors", "error", "message", "status", "details", "type", "totalTokens",
    ]

    /// The same in either spelling.
    private static let contentMembers = camelCaseMembers.union(
        camelCaseMembers.map { name in
            name.reduce(into: "") { spelled, letter in
                if letter.isUppercase { spelled += "_" }
                spelled += letter.lowercased()
            }
        }
    )
}

extension CollectedAnswer.Form {
    static let generatedContent = Self(
        table: .generateContent,
        list: "candidates",
        // What is read from a cache is among the prompt's.
        usage: (
            member: "usageMetadata", prompt: ["promptTokenCount", "toolUsePromptTokenCount"],
            completion: ["candidatesTokenCount", "thoughtsTokenCount"]
        )
    )
}
