/// How one operation of an LLM API is read and written: the one thing that knows its words.
///
/// Whoever guards an exchange sees texts and says what becomes of them; where they stand, and how a reply or an error looks
/// to the caller, is the dialect's business.
package protocol Dialect: Sendable {
    /// Its name in audit records, for example `openai.chat`.
    var name: String { get }
    /// The form of the errors that a caller of this operation understands.
    var errors: ErrorForm { get }
    /// What it knows about the members of its bodies.
    var fields: FieldTable { get }
    /// Whether an answer holds words. If not, answers are passed on unread, and a block is an error.
    var answersInWords: Bool { get }
    /// Whether the provider keeps what was said, so that a later request need not repeat it.
    var keepsConversations: Bool { get }
    /// The media type of a streamed answer.
    var streamType: String { get }

    /// - Throws: `ChatAPIError` with status 400 that names what is wrong.
    func request(parsing bytes: [UInt8], limits: JSONLimits) throws(ChatAPIError) -> any DialectRequest
    /// - Throws: `ChatAPIError` with status 502: the upstream's answer is not what the dialect says.
    func answer(parsing bytes: [UInt8], limits: JSONLimits) throws(ChatAPIError) -> any DialectAnswer
    /// A streamed answer of which nothing has come yet.
    ///
    /// - Parameter limits: for each of its events.
    func stream(limits: JSONLimits) -> any DialectStream
}

extension Dialect {
    package var answersInWords: Bool { true }
    package var keepsConversations: Bool { false }
    package var streamType: String { "text/event-stream" }

    package func request(parsing bytes: [UInt8]) throws(ChatAPIError) -> any DialectRequest {
        try request(parsing: bytes, limits: JSONLimits())
    }

    package func answer(parsing bytes: [UInt8]) throws(ChatAPIError) -> any DialectAnswer {
        try answer(parsing: bytes, limits: JSONLimits())
    }

    package func stream() -> any DialectStream { stream(limits: JSONLimits()) }

    /// Whether an answer of this media type comes as a stream.
    ///
    /// - Parameter type: the `content-type` field, with or without parameters.
    package func isStream(_ type: String) -> Bool {
        type.prefix { $0 != ";" }.lowercased().hasPrefix(streamType)
    }
}
