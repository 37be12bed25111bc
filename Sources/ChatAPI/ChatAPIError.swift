/// An error that a caller gets, in OpenAI's shape.
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

    /// The body: `{"error": {"message", "type", "param", "code"}}`.
    package var body: [UInt8] {
        JSONWriter.bytes(
            .object([
                "error": .object([
                    "message": .string(message),
                    "type": .string(type),
                    "param": parameter.map { .string($0) } ?? .null,
                    "code": code.map { .string($0) } ?? .null,
                ])
            ])
        )
    }
}
