/// An error that a caller gets; its dialect gives it the form. The words are OpenAI's.
package struct ChatAPIError: Error, Sendable, Equatable {
    /// The HTTP status.
    package var status: Int
    package var message: String
    /// OpenAI's class of the error, for example `invalid_request_error`.
    package var type: String
    /// A fixed word for programs.
    package var code: String?
    /// The part of the request that is wrong, for example `messages[0].role`.
    package var parameter: String?
    /// After how many seconds to try again, if that helps.
    package var retryAfter: Int?

    package init(status: Int, message: String, type: String, code: String? = nil, parameter: String? = nil) {
        self.status = status
        self.message = message
        self.type = type
        self.code = code
        self.parameter = parameter
    }

    /// The caller's mistake: 400.
    package static func invalidRequest(
        _ message: String,
        code: String? = nil,
        parameter: String? = nil
    ) -> ChatAPIError {
        ChatAPIError(status: 400, message: message, type: "invalid_request_error", code: code, parameter: parameter)
    }

    /// The caller's mistake: 413.
    static func tooLarge(limit: Int) -> ChatAPIError {
        ChatAPIError(
            status: 413,
            message: "The body exceeds \(limit) bytes.",
            type: "invalid_request_error",
            code: "body_too_large"
        )
    }

    /// An answer, or an event of one, that is longer than what is held: 502.
    static func answerTooLarge(limit: Int) -> ChatAPIError {
        ChatAPIError(
            status: 502,
            message: "The upstream's answer exceeds \(limit) bytes.",
            type: "upstream_error",
            code: "upstream_response_too_large"
        )
    }

    /// The upstream's mistake: 502.
    static func badAnswer(_ why: String) -> ChatAPIError {
        ChatAPIError(
            status: 502,
            message: "The upstream's answer cannot be checked: \(why).",
            type: "upstream_error",
            code: "upstream_bad_response"
        )
    }
}
