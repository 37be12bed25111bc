package import GuardCore

/// A request in some dialect: its texts, what the gateway needs of it, and the whole body as a value.
package protocol DialectRequest: Sendable {
    /// The model's name, as the caller asked for it.
    var model: String { get }
    /// Whether the caller asked for a stream.
    var isStream: Bool { get }
    /// Every string that could tell the LLM something, in the order of the body.
    var segments: [TextSegment] { get }
    /// Strings that nobody reads: images, sounds, files, references to what is stored elsewhere.
    var unscanned: UnscannedStrings { get }
    /// The name of what the provider keeps and this request goes on from, with the member that holds it; nil if there is none.
    var goesOnFrom: StoredConversation? { get }
    /// The last words of the user, for a response about them and for judging the answer to them.
    var lastUserText: String? { get }
    /// The bytes to send: written from the value that was read.
    var serialized: [UInt8] { get }

    /// The request with edited texts and with messages of the operator before the conversation.
    ///
    /// - Parameters:
    ///   - replacements: new texts by place, as `segments` names them.
    ///   - steering: texts of system messages, in order.
    /// - Throws: `ChatAPIError` if the edit made the request invalid.
    func editing(replacements: [String: String], steering: [String]) throws(ChatAPIError) -> Self

    /// The request without the members, and the items of lists, at these places.
    ///
    /// - Parameter places: which, in the body that it is given.
    /// - Throws: `ChatAPIError` if what is left is no request.
    func removing(_ places: (JSONObject) -> Set<String>) throws(ChatAPIError) -> Self

    /// The request going on from something else, or from nothing.
    func going(onFrom name: String?) throws(ChatAPIError) -> Self
    /// The name of an answer of our own, by which a later request may go on from it; nil if none can.
    func replyName(as identity: ReplyIdentity) -> String?

    /// What a choice of an answer answers, by the index that the API gives it; nil where that is what the user said last.
    func query(of choice: Int) -> String?

    /// A whole answer of our own, which says that the LLM's was withheld.
    func reply(_ text: String, as identity: ReplyIdentity) -> [UInt8]
    /// The same as a stream: it has one text, number 0, and is ended by `filtered`.
    func replyStream(as identity: ReplyIdentity) -> any DialectStream
}

extension DialectRequest {
    package var goesOnFrom: StoredConversation? { nil }
    package func going(onFrom name: String?) throws(ChatAPIError) -> Self { self }
    package func replyName(as identity: ReplyIdentity) -> String? { nil }

    /// The model's name for records; nil if it looks like words and not like a name, for records hold no words.
    package var modelForRecords: String? { TextCollector.isIdentifier(model) ? model : nil }

    /// All that the user says in the last of the turns, read as one; if there is no turn, what is said in none.
    package var lastUserText: String? {
        let words = segments.filter { $0.role == .user && $0.kind == .words }
        guard let last = words.last(where: { $0.turn != nil }) ?? words.last else { return nil }
        return words.filter { $0.turn == last.turn }.map(\.text).joined(separator: "\n")
    }

    package func query(of choice: Int) -> String? { nil }

    /// What the choices of an answer answer, by their turns in it, where that is not what the user said last.
    package func queries(of answer: any DialectAnswer) -> [Int: String] {
        var queries: [Int: String] = [:]
        for (turn, choice) in (answer.body.object?["choices"]?.array ?? []).enumerated() {
            queries[turn] = query(of: choice.object?["index"]?.integer ?? turn)
        }
        return queries
    }
}

/// Something said earlier that the provider keeps, by its name.
package struct StoredConversation: Sendable, Equatable {
    package var name: String
    /// The member of the request that names it.
    package var member: String
    /// Whether the name stays the same as the conversation goes on; if not, each answer has its own.
    package var isOngoing: Bool
}

/// What an answer of our own says about itself.
package struct ReplyIdentity: Sendable {
    /// The exchange's name, which the dialect puts into the answer's.
    package var requestID: String
    /// Seconds since 1970.
    package var created: Int

    package init(requestID: String, created: Int) {
        self.requestID = requestID
        self.created = created
    }
}
