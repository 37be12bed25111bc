/// The form that an API gives its errors.
package enum ErrorForm: Sendable, CaseIterable {
    /// `{"error": {"message", "type", "param", "code"}}`
    case openAI

    /// The form that callers of a path expect, whether or not the path is served.
    package init(path: String) {
        self = .openAI
    }

    package func body(of error: ChatAPIError) -> [UInt8] {
        switch self {
        case .openAI: error.body
        }
    }
}
