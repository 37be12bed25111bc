/// The form that an API gives its errors, and where it looks for keys.
package enum ErrorForm: Sendable, CaseIterable {
    /// `{"error": {"message", "type", "param", "code"}}`
    case openAI
    /// `{"type": "error", "error": {"type", "message"}}`
    case anthropic
    /// `{"error": "..."}`
    case ollama
    /// `{"error": {"code", "message", "status"}}`
    case gemini

    /// The form that callers of a path expect, whether or not the path is served.
    ///
    /// - Parameter namesVersion: whether the request has the field `anthropic-version`: OpenAI's API has its models at the same paths
    ///   as Anthropic's.
    package init(path: String, namesVersion: Bool = false) {
        let route = path.prefix { $0 != "?" }
        let isModels = route == "/v1/models" || route.hasPrefix("/v1/models/")
        self =
            if path.hasPrefix("/v1/messages") {
                .anthropic
            } else if path.hasPrefix("/api/") {
                .ollama
            } else if path.hasPrefix("/v1beta/") || path.hasPrefix("/v1/models/") && path.contains(":") {
                .gemini
            } else if namesVersion && isModels {
                .anthropic
            } else {
                .openAI
            }
    }

    /// The header field in which a caller of the API shows a key.
    package var credentialField: String {
        switch self {
        case .openAI, .ollama: "authorization"
        case .anthropic: "x-api-key"
        case .gemini: "x-goog-api-key"
        }
    }

    package func body(of error: ChatAPIError) -> [UInt8] { JSONWriter.bytes(.object(object(of: error))) }

    func object(of error: ChatAPIError) -> JSONObject {
        switch self {
        case .openAI:
            [
                "error": .object([
                    "message": .string(error.message),
                    "type": .string(error.type),
                    "param": error.parameter.map { .string($0) } ?? .null,
                    "code": error.code.map { .string($0) } ?? .null,
                ])
            ]
        case .anthropic:
            [
                "type": .string("error"),
                "error": .object(["type": .string(Self.anthropicType(error)), "message": .string(error.message)]),
            ]
        case .ollama: ["error": .string(error.message)]
        case .gemini:
            ["error": .object(Self.googleError(error))]
        }
    }

    private static func googleError(_ error: ChatAPIError) -> JSONObject {
        var object: JSONObject = [
            "code": .number(String(error.status)),
            "message": .string(error.message),
            "status": .string(Self.canonicalCode(error.status)),
        ]
        if let seconds = error.retryAfter {
            // google.rpc.RetryInfo: Google's APIs have no header field for it.
            object["details"] = .array([
                .object([
                    "@type": .string("type.googleapis.com/google.rpc.RetryInfo"), "retryDelay": .string("\(seconds)s"),
                ])
            ])
        }
        return object
    }

    /// Anthropic's class of the error, by its status.
    private static func anthropicType(_ error: ChatAPIError) -> String {
        switch error.status {
        case 401: "authentication_error"
        case 403: "permission_error"
        case 404: "not_found_error"
        case 413: "request_too_large"
        case 429: "rate_limit_error"
        case 503, 529: "overloaded_error"
        case 504: "timeout_error"
        case 400..<500: "invalid_request_error"
        default: "api_error"
        }
    }

    /// Google's canonical code (google.rpc.Code) for a status.
    private static func canonicalCode(_ status: Int) -> String {
        switch status {
        case 401: "UNAUTHENTICATED"
        case 403: "PERMISSION_DENIED"
        case 404: "NOT_FOUND"
        case 429: "RESOURCE_EXHAUSTED"
        case 502, 503: "UNAVAILABLE"
        case 504: "DEADLINE_EXCEEDED"
        case 400..<500: "INVALID_ARGUMENT"
        default: "INTERNAL"
        }
    }
}
