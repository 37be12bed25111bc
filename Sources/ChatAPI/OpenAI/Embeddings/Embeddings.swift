package import GuardCore

/// `POST /v1/embeddings` of OpenAI's API: texts in, numbers out.
package struct Embeddings: Dialect {
    package let name = "openai.embeddings"
    package let errors = ErrorForm.openAI
    package let answersInWords = false
    package var fields: FieldTable { .openAI }

    package init() {}

    package func request(
        parsing bytes: [UInt8],
        limits: JSONLimits
    ) throws(ChatAPIError) -> any DialectRequest {
        try EmbeddingRequest(parsing: bytes, limits: limits)
    }

    package func answer(
        parsing bytes: [UInt8],
        limits: JSONLimits
    ) throws(ChatAPIError) -> any DialectAnswer {
        try CollectedAnswer(parsing: bytes, limits: limits, form: .textCompletion)
    }

    package func stream(limits: JSONLimits) -> any DialectStream { TextCompletionStream(limits: limits) }
}

/// A request for embeddings. Input given as tokens is counted as not read: nothing answers it in words.
package struct EmbeddingRequest: DialectRequest, Equatable {
    package private(set) var body: JSONObject
    package private(set) var model: String
    package var isStream: Bool { false }
    package private(set) var segments: [TextSegment]
    package private(set) var unscanned: UnscannedStrings
    /// What repeats a text of an earlier answer.
    private let repetitions: [String: JSONValue]

    private static let known = KnownMembers(
        FieldTable.openAI.context.union(["input", "dimensions"])
    )

    /// - Throws: `ChatAPIError` with status 400 that names what is wrong.
    package init(parsing bytes: [UInt8], limits: JSONLimits = JSONLimits()) throws(ChatAPIError) {
        try self.init(JSONObject(request: bytes, limits: limits, known: Self.known))
    }

    init(_ body: JSONObject) throws(ChatAPIError) {
        self.body = body
        model = try body.modelName()
        var collector = TextCollector(.openAI)
        for member in body.members {
            switch (member.name, member.value) {
            case ("input", .array(let items)):
                for (index, item) in items.enumerated() {
                    collector.collect(item, at: "/input/\(index)", role: .user, turn: index, member: "input")
                }
                if items.contains(where: { Self.isTokens($0) }) { collector.omit(.null, at: "/input") }
            case ("input", _):
                collector.collect(.object(JSONObject([member])), at: "", role: .user, turn: 0)
            default:
                let role = FieldTable.openAI.role(of: member.name)
                collector.collect(.object(JSONObject([member])), at: "", role: role, turn: nil)
            }
        }
        segments = collector.segments
        unscanned = collector.unscanned
        repetitions = collector.repetitions
    }

    private static func isTokens(_ item: JSONValue) -> Bool {
        switch item {
        case .number: true
        case .array(let items): items.contains { isTokens($0) }
        default: false
        }
    }

    package var serialized: [UInt8] { JSONWriter.bytes(.object(body)) }

    package func removing(_ places: (JSONObject) -> Set<String>) throws(ChatAPIError) -> Self {
        try Self(body.removing(places(body)))
    }

    /// Nothing answers embeddings, so there is nobody to steer.
    package func editing(replacements: [String: String], steering: [String]) throws(ChatAPIError) -> Self {
        let body = replacements.isEmpty ? JSONValue.object(body) : JSONValue.object(body).replacing(repetitions)
        return try Self(body.replacingStrings { replacements[$0] }.object ?? self.body)
    }

    package func reply(_ text: String, as identity: ReplyIdentity) -> [UInt8] {
        ErrorForm.openAI.body(of: .invalidRequest(text, code: "content_filter"))
    }

    package func replyStream(as identity: ReplyIdentity) -> any DialectStream { TextCompletionStream() }
}
