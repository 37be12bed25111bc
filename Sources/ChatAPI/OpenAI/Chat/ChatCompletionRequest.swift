package import GuardCore

/// A request for a chat completion: what the gateway needs of it, and the whole body as a value.
package struct ChatCompletionRequest: DialectRequest, Equatable {
    package private(set) var body: JSONValue
    package private(set) var model: String
    package private(set) var isStream: Bool
    /// Whether the caller wants the token counts at the end of a stream.
    package private(set) var includesUsage: Bool
    /// How many answers the caller wants.
    package private(set) var choiceCount: Int
    package private(set) var maxTokens: Int?
    package private(set) var temperature: Double?
    package private(set) var topP: Double?
    package private(set) var seed: Int?
    package private(set) var stop: [String]
    /// Every string that could tell the LLM something, in the order of the body.
    package private(set) var segments: [TextSegment]
    /// Places of strings that hold data and not text: images, sounds, files.
    package private(set) var unscanned: UnscannedStrings
    /// What repeats a text of an earlier answer.
    private let repetitions: [String: JSONValue]

    /// Members of the request that the gateway or common upstreams act on. Some upstreams ignore the letter case of names, so
    /// a variant of one of these could be what they read: it is refused.
    private static let known = KnownMembers(
        FieldTable.openAI.context.union(FieldTable.wordlessPrompts).union([
            "messages", "stream", "stream_options", "n", "prediction", "suffix", "prompt", "input", "instructions",
        ])
    )
    private static let knownOfMessages: KnownMembers = [
        "role", "content", "name", "tool_calls", "tool_call_id", "function_call", "refusal",
    ]

    /// - Throws: `ChatAPIError` with status 400 that names what is wrong.
    package init(parsing bytes: [UInt8], limits: JSONLimits = JSONLimits()) throws(ChatAPIError) {
        try self.init(JSONObject(request: bytes, limits: limits, known: Self.known))
    }

    init(_ object: JSONObject) throws(ChatAPIError) {
        body = .object(object)
        model = try object.modelName()
        try object.refuseWordlessPrompts()
        let messages = try object.items("messages")
        isStream = try object.flag("stream")
        let options = object["stream_options"] ?? .null
        guard options.isNull || options.object != nil else {
            throw .invalidRequest("'stream_options' must be an object.", parameter: "stream_options")
        }
        includesUsage = try (options.object ?? JSONObject())
            .flag("include_usage", parameter: "stream_options.include_usage")
        choiceCount = try Self.choiceCount(object["n"])
        let limit = object["max_completion_tokens"] ?? object["max_tokens"] ?? .null
        maxTokens = limit.integer
        guard limit.isNull || (maxTokens ?? 0) > 0 else {
            throw .invalidRequest("'max_tokens' must be a positive integer.", parameter: "max_tokens")
        }
        temperature = try Self.number(object["temperature"], in: 0...2, parameter: "temperature")
        topP = try Self.number(object["top_p"], in: 0...1, parameter: "top_p")
        seed = object["seed"]?.integer
        stop = try Self.stops(object["stop"])

        var collector = TextCollector(.openAI)
        for member in object.members {
            if member.name == "messages" {
                for (index, message) in messages.enumerated() {
                    try Self.collect(message, index: index, into: &collector)
                }
            } else {
                // A one-member object, so that the member's name is looked at too.
                let role = FieldTable.openAI.role(of: member.name)
                collector.collect(.object(JSONObject([member])), at: "", role: role, turn: nil)
            }
        }
        segments = collector.segments
        unscanned = collector.unscanned
        repetitions = collector.repetitions
    }

    /// The request with edited texts and with system messages before the conversation.
    ///
    /// - Parameters:
    ///   - replacements: new texts by place, as `segments` names them.
    ///   - steering: texts of system messages, in order.
    package func editing(replacements: [String: String], steering: [String]) throws(ChatAPIError) -> Self {
        let body = replacements.isEmpty ? body : body.replacing(repetitions)
        guard var object = body.replacingStrings({ replacements[$0] }).object else { return self }
        if !steering.isEmpty, let messages = object["messages"]?.array {
            let system = steering.map { text in
                JSONValue.object(["role": .string("system"), "content": .string(text)])
            }
            object["messages"] = .array(system + messages)
        }
        return try Self(object)
    }

    /// The bytes to send: written from the value that was read.
    package var serialized: [UInt8] { JSONWriter.bytes(body) }

    package func removing(_ places: (JSONObject) -> Set<String>) throws(ChatAPIError) -> Self {
        guard let object = body.object else { return self }
        return try Self(object.removing(places(object)))
    }

    private static func collect(
        _ message: JSONValue,
        index: Int,
        into collector: inout TextCollector
    ) throws(ChatAPIError) {
        let parameter = "messages[\(index)]"
        let object = try JSONObject.item(message, parameter: parameter)
        try object.refuseVariants(of: knownOfMessages, parameter: parameter + ".")
        guard let name = object["role"]?.string else {
            throw .invalidRequest("'\(parameter).role' must be a string.", parameter: "\(parameter).role")
        }
        guard let role = Role(messageRole: name) else {
            throw .invalidRequest(
                "'\(parameter).role' must be one of system, developer, user, assistant, tool, function.",
                parameter: "\(parameter).role"
            )
        }
        switch object["content"] ?? .null {
        case .null, .string: break
        case .array(let parts):
            for (position, part) in parts.enumerated() where part.object?["type"]?.string == nil {
                throw .invalidRequest(
                    "'\(parameter).content[\(position)]' must be an object with a 'type'.",
                    parameter: "\(parameter).content[\(position)]"
                )
            }
        default:
            throw .invalidRequest(
                "'\(parameter).content' must be a string or an array of content parts.",
                parameter: "\(parameter).content"
            )
        }
        collector.collect(message, at: "/messages/\(index)", role: role, turn: index)
    }

    /// The most answers that one request may ask for, as in OpenAI's reference. Each is judged, so a caller who could ask
    /// for any number could keep the model busy with one request.
    package static let maximumChoiceCount = 128

    private static func choiceCount(_ value: JSONValue?) throws(ChatAPIError) -> Int {
        guard let value, !value.isNull else { return 1 }
        guard let count = value.integer, (1...maximumChoiceCount).contains(count) else {
            throw .invalidRequest("'n' must be an integer from 1 to \(maximumChoiceCount).", parameter: "n")
        }
        return count
    }

    private static func number(
        _ value: JSONValue?,
        in range: ClosedRange<Double>,
        parameter: String
    ) throws(ChatAPIError) -> Double? {
        guard let value, !value.isNull else { return nil }
        guard let number = value.double, range.contains(number) else {
            throw .invalidRequest(
                "'\(parameter)' must be a number from \(range.lowerBound) to \(range.upperBound).",
                parameter: parameter
            )
        }
        return number
    }

    private static func stops(_ value: JSONValue?) throws(ChatAPIError) -> [String] {
        switch value ?? .null {
        case .null: return []
        case .string(let text): return [text]
        case .array(let items):
            let texts = items.compactMap(\.string)
            guard texts.count == items.count else { break }
            return texts
        default: break
        }
        throw .invalidRequest("'stop' must be a string or an array of strings.", parameter: "stop")
    }
}

extension Role {
    /// The role that OpenAI's name for it means; nil if it means none.
    fileprivate init?(messageRole name: String) {
        switch name {
        case "system": self = .system
        case "developer": self = .developer
        case "user": self = .user
        case "assistant": self = .assistant
        case "tool", "function": self = .tool
        default: return nil
        }
    }
}

extension ChatCompletionRequest {
    /// The plain conversation, for a server that reads text only: role name and joined text parts, in order.
    package var conversation: [(role: String, text: String)] {
        (body.object?["messages"]?.array ?? []).map { message in
            let object = message.object ?? JSONObject()
            let text =
                switch object["content"] ?? .null {
                case .string(let text): text
                case .array(let parts): parts.compactMap { $0.object?["text"]?.string }.joined(separator: "\n")
                default: ""
                }
            return (object["role"]?.string ?? "user", text)
        }
    }
}
