/// An operation that Guardian knows: what is done with its texts, and by which dialect.
package enum Endpoint: Sendable {
    /// Request and answer are read in a dialect and judged.
    case guarded(any Dialect)
    /// Answered here, in OpenAI's schema.
    case moderations
    /// No text of the caller: passed on as it is. The name is for audit records.
    case passed(name: String)

    /// The operation that a request asks for; nil if it is none that is known.
    ///
    /// - Parameter path: the path as it stands in the request, with or without a query. It is compared as it is: a path that
    ///   needs decoding to be recognised is not recognised.
    package init?(method: String, path: String) {
        let path = path.prefix { $0 != "?" }
        switch (method, path) {
        case ("POST", "/v1/chat/completions"): self = .guarded(ChatCompletions())
        case ("POST", "/v1/completions"): self = .guarded(TextCompletions())
        case ("POST", "/v1/responses"): self = .guarded(Responses())
        case ("POST", "/v1/moderations"): self = .moderations
        case ("POST", "/v1/embeddings"): self = .guarded(Embeddings())
        case ("POST", "/v1/messages"): self = .guarded(Messages())
        case ("POST", "/v1/messages/count_tokens"): self = .guarded(MessageTokenCount())
        case ("POST", "/api/chat"): self = .guarded(Ollama(.chat))
        case ("POST", "/api/generate"): self = .guarded(Ollama(.generate))
        case ("POST", _):
            guard let dialect = Self.gemini(path) else { return nil }
            self = .guarded(dialect)
        case ("GET", "/v1/models"), ("HEAD", "/v1/models"): self = .passed(name: "openai.models")
        case ("GET", "/api/tags"), ("GET", "/api/version"), ("HEAD", "/"): self = .passed(name: "ollama.models")
        case ("GET", "/v1beta/models"): self = .passed(name: "gemini.models")
        case ("GET", _) where Self.isModel(path, under: "/v1/models/"): self = .passed(name: "openai.models")
        case ("GET", _) where Self.isModel(path, under: "/v1beta/models/"): self = .passed(name: "gemini.models")
        default: return nil
        }
    }

    /// What a caller is told who asks for anything else.
    package static let guardedPaths = [
        "/v1/chat/completions", "/v1/completions", "/v1/responses", "/v1/embeddings", "/v1/messages",
        "/v1/messages/count_tokens", "/api/chat", "/api/generate", "/v1beta/models/{model}:generateContent",
        "/v1beta/models/{model}:streamGenerateContent", "/v1beta/models/{model}:countTokens",
    ]

    /// `/v1beta/models/{model}:{operation}`, or the same under `/v1`.
    private static func gemini(_ path: Substring) -> (any Dialect)? {
        for prefix in ["/v1beta/models/", "/v1/models/"] where path.hasPrefix(prefix) {
            let rest = path.dropFirst(prefix.count)
            guard let colon = rest.lastIndex(of: ":") else { return nil }
            let model = rest[..<colon]
            guard isPlain(model) else { return nil }
            switch rest[rest.index(after: colon)...] {
            case "generateContent": return GenerateContent(model: String(model), isStream: false)
            case "streamGenerateContent": return GenerateContent(model: String(model), isStream: true)
            case "countTokens": return ContentTokenCount(model: String(model))
            default: return nil
            }
        }
        return nil
    }

    /// What audit records call it.
    package var name: String {
        switch self {
        case .guarded(let dialect): dialect.name
        case .moderations: "openai.moderations"
        case .passed(let name): name
        }
    }

    /// Operations of Gemini's API on a model. OpenAI's names of models have colons, too.
    private static let operations: Set<Substring> = [
        "generateContent", "streamGenerateContent", "bidiGenerateContent", "batchGenerateContent", "generateAnswer",
        "countTokens", "embedContent", "batchEmbedContents", "asyncBatchEmbedContent", "predict", "predictLongRunning",
    ]

    /// Whether a path names a model and no operation on it, for which a body is read: some servers can be told that the method is
    /// another.
    private static func isModel(_ path: Substring, under prefix: String) -> Bool {
        guard path.hasPrefix(prefix) else { return false }
        let name = path.dropFirst(prefix.count)
        guard isPlain(name) else { return false }
        return name.lastIndex(of: ":").map { !operations.contains(name[name.index(after: $0)...]) } ?? true
    }

    /// Whether a model's name needs no decoding.
    private static func isPlain(_ name: Substring) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                    UInt8(ascii: ":"):
                    true
                default: false
                }
            }
    }
}
