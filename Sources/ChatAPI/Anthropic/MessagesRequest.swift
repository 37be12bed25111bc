package import GuardCore

/// A request for a message, or for the number of its tokens.
package struct MessagesRequest: DialectRequest, Equatable {
    package private(set) var body: JSONObject
    package private(set) var model: String
    package private(set) var isStream: Bool
    package private(set) var segments: [TextSegment]
    package private(set) var unscanned: UnscannedStrings

    private static let known = KnownMembers(
        FieldTable.messages.context.union(["messages", "system", "stream", "max_tokens"])
    )
    private static let knownOfMessages: KnownMembers = ["role", "content"]

    /// - Throws: `ChatAPIError` with status 400 that names what is wrong.
    package init(parsing bytes: [UInt8], limits: JSONLimits = JSONLimits()) throws(ChatAPIError) {
        try self.init(JSONObject(request: bytes, limits: limits, known: Self.known))
    }

    init(_ body: JSONObject) throws(ChatAPIError) {
        self.body = body
        model = try body.modelName()
        isStream = try body.flag("stream")
        let messages = try body.items("messages")
        var collector = TextCollector(.messages)
        for member in body.members {
            switch member.name {
            case "messages":
                for (index, message) in messages.enumerated() {
                    try Self.collect(message, index: index, into: &collector)
                }
            case "system":
                try Self.checkContent(member.value, parameter: "system")
                collector.collect(member.value, at: "/system", role: .system, turn: nil, member: "system")
            default:
                let role = FieldTable.messages.role(of: member.name)
                // A one-member object, so that the member's name is looked at too.
                collector.collect(.object(JSONObject([member])), at: "", role: role, turn: nil)
            }
        }
        segments = collector.segments
        unscanned = collector.unscanned
    }

    private static func collect(
        _ message: JSONValue,
        index: Int,
        into collector: inout TextCollector
    ) throws(ChatAPIError) {
        let parameter = "messages[\(index)]"
        let object = try JSONObject.item(message, parameter: parameter)
        try object.refuseVariants(of: knownOfMessages, parameter: parameter + ".")
        let role: Role
        switch object["role"]?.string {
        case "user": role = .user
        case "assistant": role = .assistant
        case "system": role = .system
        default:
            throw .invalidRequest(
                "'\(parameter).role' must be user, assistant or system.",
                parameter: "\(parameter).role"
            )
        }
        try checkContent(object["content"] ?? .null, parameter: "\(parameter).content")
        collector.collect(message, at: "/messages/\(index)", role: role, turn: index, member: "messages")
    }

    private static func checkContent(_ content: JSONValue, parameter: String) throws(ChatAPIError) {
        switch content {
        case .string: return
        case .array(let blocks) where blocks.allSatisfy { $0.object?["type"]?.string != nil }: return
        default:
            throw .invalidRequest(
                "'\(parameter)' must be a string or an array of blocks with a 'type'.",
                parameter: parameter
            )
        }
    }

    package var serialized: [UInt8] { JSONWriter.bytes(.object(body)) }

    package func removing(_ places: (JSONObject) -> Set<String>) throws(ChatAPIError) -> Self {
        try Self(body.removing(places(body)))
    }

    package func editing(replacements: [String: String], steering: [String]) throws(ChatAPIError) -> Self {
        var edited = JSONValue.object(body).replacingStrings { replacements[$0] }.object ?? body
        if !steering.isEmpty {
            let blocks = steering.map { JSONValue.object(["type": .string("text"), "text": .string($0)]) }
            switch edited["system"] ?? .null {
            case .array(let own): edited["system"] = .array(blocks + own)
            case .string(let own):
                edited["system"] = .array(blocks + [.object(["type": .string("text"), "text": .string(own)])])
            default: edited["system"] = .array(blocks)
            }
        }
        return try Self(edited)
    }

    package func reply(_ text: String, as identity: ReplyIdentity) -> [UInt8] {
        var message = frame(identity)
        message["content"] = .array([.object(["type": .string("text"), "text": .string(text)])])
        message["stop_reason"] = .string(MessageStream.filteredReason)
        return JSONWriter.bytes(.object(message))
    }

    package func replyStream(as identity: ReplyIdentity) -> any DialectStream {
        MessageStream(frame: frame(identity))
    }

    private func frame(_ identity: ReplyIdentity) -> JSONObject {
        [
            "id": .string("msg_guardian_\(identity.requestID)"),
            "type": .string("message"),
            "role": .string("assistant"),
            "model": .string(model),
            "content": .array([]),
            "stop_reason": .null,
            "stop_sequence": .null,
            "usage": .object(["input_tokens": .number("0"), "output_tokens": .number("0")]),
        ]
    }
}
