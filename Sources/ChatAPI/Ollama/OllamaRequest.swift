package import GuardCore

/// A request to `/api/chat` or `/api/generate`. Ollama streams unless it is told not to.
package struct OllamaRequest: DialectRequest, Equatable {
    package private(set) var body: JSONObject
    package private(set) var model: String
    package private(set) var isStream: Bool
    package private(set) var segments: [TextSegment]
    package private(set) var unscanned: UnscannedStrings
    /// What repeats a text of an earlier answer.
    private let repetitions: [String: JSONValue]
    private let operation: OllamaOperation

    private static let known = KnownMembers(
        FieldTable.ollama.context.union([
            "messages", "prompt", "suffix", "system", "images", "stream", "raw", "context",
        ])
    )
    private static let knownOfMessages: KnownMembers = [
        "role", "content", "thinking", "images", "tool_calls", "tool_name",
    ]

    /// - Throws: `ChatAPIError` with status 400 that names what is wrong.
    package init(
        parsing bytes: [UInt8],
        operation: OllamaOperation,
        limits: JSONLimits = JSONLimits()
    ) throws(ChatAPIError) {
        try self.init(JSONObject(request: bytes, limits: limits, known: Self.known), operation: operation)
    }

    init(_ body: JSONObject, operation: OllamaOperation) throws(ChatAPIError) {
        self.body = body
        self.operation = operation
        model = try body.modelName()
        isStream = try body.flag("stream", default: true)
        // Tokens of an earlier conversation: words that nobody here can read.
        guard body["context"]?.array?.isEmpty ?? true, body["context"].map({ $0.isNull || $0.array != nil }) ?? true
        else {
            throw .invalidRequest(
                "'context' holds tokens, which cannot be judged. Send the conversation to /api/chat instead.",
                parameter: "context"
            )
        }
        var collector = TextCollector(.ollama)
        for member in body.members {
            switch member.name {
            case "messages" where operation == .chat:
                guard let messages = member.value.array else {
                    throw .invalidRequest("'messages' must be an array.", parameter: "messages")
                }
                for (index, message) in messages.enumerated() {
                    try Self.collect(message, index: index, into: &collector)
                }
            case "prompt", "suffix", "images":
                collector.collect(.object(JSONObject([member])), at: "", role: .user, turn: 0)
            case "system":
                collector.collect(.object(JSONObject([member])), at: "", role: .system, turn: nil)
            default:
                let role = FieldTable.ollama.role(of: member.name)
                collector.collect(.object(JSONObject([member])), at: "", role: role, turn: nil)
            }
        }
        segments = collector.segments
        unscanned = collector.unscanned
        repetitions = collector.repetitions
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
        case "system": role = .system
        case "user": role = .user
        case "assistant": role = .assistant
        case "tool": role = .tool
        default:
            throw .invalidRequest(
                "'\(parameter).role' must be system, user, assistant or tool.",
                parameter: "\(parameter).role"
            )
        }
        collector.collect(message, at: "/messages/\(index)", role: role, turn: index, member: "messages")
    }

    package var serialized: [UInt8] { JSONWriter.bytes(.object(body)) }

    package func removing(_ places: (JSONObject) -> Set<String>) throws(ChatAPIError) -> Self {
        try Self(body.removing(places(body)), operation: operation)
    }

    package func editing(replacements: [String: String], steering: [String]) throws(ChatAPIError) -> Self {
        let body = replacements.isEmpty ? JSONValue.object(body) : JSONValue.object(body).replacing(repetitions)
        var edited = body.replacingStrings { replacements[$0] }.object ?? self.body
        if !steering.isEmpty {
            switch operation {
            case .chat:
                let messages = steering.map { text in
                    JSONValue.object(["role": .string("system"), "content": .string(text)])
                }
                edited["messages"] = .array(messages + (edited["messages"]?.array ?? []))
            case .generate:
                // Ollama refuses a system message in raw mode, where the LLM reads the prompt and nothing else.
                let member = edited["raw"]?.bool == true ? "prompt" : "system"
                let own = edited[member]?.string.map { [$0] } ?? []
                edited[member] = .string((steering + own).joined(separator: "\n\n"))
            }
        }
        return try Self(edited, operation: operation)
    }

    package func reply(_ text: String, as identity: ReplyIdentity) -> [UInt8] {
        JSONWriter.bytes(.object(OllamaStream.filtered(text, head: head(identity), operation: operation)))
    }

    package func replyStream(as identity: ReplyIdentity) -> any DialectStream {
        OllamaStream(operation, head: head(identity))
    }

    private func head(_ identity: ReplyIdentity) -> JSONObject {
        ["model": .string(model), "created_at": .string(Timestamp.text(identity.created))]
    }
}

/// Times as RFC 3339 writes them.
enum Timestamp {
    /// - Parameter seconds: since 1970.
    static func text(_ seconds: Int) -> String {
        // Civil from days (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
        let days = seconds / 86_400
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        let time = seconds % 86_400
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(year)-\(two(month))-\(two(day))T\(two(time / 3600)):\(two(time / 60 % 60)):\(two(time % 60))Z"
    }
}
