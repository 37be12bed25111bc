package import GuardCore

/// A request for a response.
package struct ResponseRequest: DialectRequest, Equatable {
    package private(set) var body: JSONObject
    package private(set) var model: String
    package private(set) var isStream: Bool
    package private(set) var segments: [TextSegment]
    /// Data, and names of what is stored at the provider: earlier responses, conversations, items, prompts.
    package private(set) var unscanned: UnscannedStrings
    /// What repeats a text of an earlier answer.
    private let repetitions: [String: JSONValue]

    private static let known = KnownMembers(
        FieldTable.responses.context.union(["input", "instructions", "stream", "store", "background"])
    )
    private static let knownOfItems: KnownMembers = ["type", "role", "content", "output", "arguments", "name", "id"]

    /// - Throws: `ChatAPIError` with status 400 that names what is wrong.
    package init(parsing bytes: [UInt8], limits: JSONLimits = JSONLimits()) throws(ChatAPIError) {
        try self.init(JSONObject(request: bytes, limits: limits, known: Self.known))
    }

    init(_ body: JSONObject) throws(ChatAPIError) {
        self.body = body
        // A stored prompt may name the model.
        model = body["prompt"] == nil || body["model"] != nil ? try body.modelName() : ""
        isStream = try body.flag("stream")
        guard try !body.flag("background") else {
            throw .invalidRequest(
                "'background' is not served: the answer could not be judged before it is fetched.",
                parameter: "background"
            )
        }
        var collector = TextCollector(.responses)
        for member in body.members {
            switch (member.name, member.value) {
            case ("input", .array(let items)):
                for (index, item) in items.enumerated() {
                    try Self.collect(item, index: index, into: &collector)
                }
            case ("input", .string):
                collector.collect(member.value, at: "/input", role: .user, turn: 0, member: "input")
            case ("input", .null): break
            case ("input", _):
                throw .invalidRequest("'input' must be a string or an array of items.", parameter: "input")
            case ("instructions", let value):
                guard value.isNull || value.string != nil else {
                    throw .invalidRequest("'instructions' must be a string.", parameter: "instructions")
                }
                collector.collect(value, at: "/instructions", role: .system, turn: nil)
            default:
                let role = FieldTable.responses.role(of: member.name)
                collector.collect(.object(JSONObject([member])), at: "", role: role, turn: nil)
            }
        }
        for name in ["previous_response_id", "conversation", "prompt"] where !(body[name] ?? .null).isNull {
            collector.omit(body[name] ?? .null, at: "/\(name)")
        }
        segments = collector.segments
        unscanned = collector.unscanned
        repetitions = collector.repetitions
    }

    private static func collect(
        _ value: JSONValue,
        index: Int,
        into collector: inout TextCollector
    ) throws(ChatAPIError) {
        let parameter = "input[\(index)]"
        let item = try JSONObject.item(value, parameter: parameter)
        try item.refuseVariants(of: knownOfItems, parameter: parameter + ".")
        let pointer = "/input/\(index)"
        let role: Role
        switch (item["type"]?.string ?? "message", item["role"]?.string) {
        case ("message", "user"): role = .user
        case ("message", "assistant"): role = .assistant
        case ("message", "system"): role = .system
        case ("message", "developer"): role = .developer
        case ("message", _):
            throw .invalidRequest(
                "'\(parameter).role' must be user, assistant, system or developer.",
                parameter: "\(parameter).role"
            )
        case ("reasoning", _): role = .assistant
        case ("item_reference", _):
            // What is stored under this name is not in the request.
            collector.omit(item["id"] ?? .null, at: pointer + "/id")
            role = .user
        default: role = .user
        }
        collector.collect(value, at: pointer, role: role, turn: index, member: "input")
    }

    package var serialized: [UInt8] { JSONWriter.bytes(.object(body)) }

    package func removing(_ places: (JSONObject) -> Set<String>) throws(ChatAPIError) -> Self {
        try Self(body.removing(places(body)))
    }

    package func editing(replacements: [String: String], steering: [String]) throws(ChatAPIError) -> Self {
        let body = replacements.isEmpty ? JSONValue.object(body) : JSONValue.object(body).replacing(repetitions)
        var edited = body.replacingStrings { replacements[$0] }.object ?? self.body
        if !steering.isEmpty {
            let own = edited["instructions"]?.string.map { [$0] } ?? []
            edited["instructions"] = .string((steering + own).joined(separator: "\n\n"))
        }
        return try Self(edited)
    }

    package var goesOnFrom: StoredConversation? {
        if let name = body["previous_response_id"]?.string {
            return StoredConversation(name: name, member: "previous_response_id", isOngoing: false)
        }
        let conversation = body["conversation"] ?? .null
        return (conversation.string ?? conversation.object?["id"]?.string).map {
            StoredConversation(name: $0, member: "conversation", isOngoing: true)
        }
    }

    package func going(onFrom name: String?) throws(ChatAPIError) -> Self {
        var body = body
        body["previous_response_id"] = name.map { .string($0) }
        return try Self(body)
    }

    package func replyName(as identity: ReplyIdentity) -> String? { "resp_guardian_\(identity.requestID)" }

    package func reply(_ text: String, as identity: ReplyIdentity) -> [UInt8] {
        let item = ResponseEventWriter.message(id: "msg_guardian_\(identity.requestID)", text: text)
        return JSONWriter.bytes(.object(ResponseStream.filtered(frame(identity), output: [.object(item)])))
    }

    package func replyStream(as identity: ReplyIdentity) -> any DialectStream {
        ResponseStream(frame: frame(identity))
    }

    private func frame(_ identity: ReplyIdentity) -> JSONObject {
        [
            "id": replyName(as: identity).map { .string($0) } ?? .null,
            "object": .string("response"),
            "created_at": .number(String(identity.created)),
            "status": .string("in_progress"),
            "error": .null,
            "incomplete_details": .null,
            "instructions": .null,
            "metadata": .object(JSONObject()),
            "model": .string(model),
            "output": .array([]),
            "parallel_tool_calls": .bool(true),
            "temperature": .null,
            "tool_choice": .string("auto"),
            "tools": .array([]),
            "top_p": .null,
            "usage": ResponseStream.noUsage,
        ]
    }
}
