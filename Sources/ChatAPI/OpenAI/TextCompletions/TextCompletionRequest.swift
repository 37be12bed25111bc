package import GuardCore

/// A request to go on with a text, or with several.
package struct TextCompletionRequest: DialectRequest, Equatable {
    package private(set) var body: JSONObject
    package private(set) var model: String
    package private(set) var isStream: Bool
    /// Whether the caller wants the token counts at the end of a stream.
    package private(set) var includesUsage: Bool
    package private(set) var segments: [TextSegment]
    package private(set) var unscanned: UnscannedStrings
    /// What repeats a text of an earlier answer.
    private let repetitions: [String: JSONValue]
    /// Of several prompts each with the ends of what is to stand behind it; none of one alone.
    private let promptQueries: [String]

    private static let known = KnownMembers(
        FieldTable.openAI.context.union(FieldTable.wordlessPrompts).union([
            "prompt", "suffix", "stream", "stream_options", "n", "best_of", "echo",
        ])
    )

    /// Bytes that are kept of each end of a suffix behind each of several prompts: engines read little of what stands before an answer.
    private static let suffixEndBytes = 1 << 10
    /// Bytes of those of all prompts: one long suffix behind thousands of prompts would else be thousands of times as large as the
    /// request.
    private static let suffixesBytes = 1 << 20

    /// - Throws: `ChatAPIError` with status 400 that names what is wrong.
    package init(parsing bytes: [UInt8], limits: JSONLimits = JSONLimits()) throws(ChatAPIError) {
        try self.init(JSONObject(request: bytes, limits: limits, known: Self.known))
    }

    init(_ body: JSONObject) throws(ChatAPIError) {
        self.body = body
        model = try body.modelName()
        isStream = try body.flag("stream")
        includesUsage = try (body["stream_options"]?.object ?? JSONObject())
            .flag("include_usage", parameter: "stream_options.include_usage")
        for name in ["n", "best_of"] {
            guard let value = body[name], !value.isNull else { continue }
            guard let count = value.integer, (1...ChatCompletionRequest.maximumChoiceCount).contains(count) else {
                throw .invalidRequest(
                    "'\(name)' must be an integer from 1 to \(ChatCompletionRequest.maximumChoiceCount).",
                    parameter: name
                )
            }
        }
        let prompts: [JSONValue]
        switch body["prompt"] ?? .null {
        case .null: prompts = []
        case .array(let items): prompts = items
        case let prompt: prompts = [prompt]
        }
        guard prompts.allSatisfy({ $0.string != nil }) else {
            throw .invalidRequest(
                "'prompt' must be a string or an array of strings: a prompt given as tokens cannot be judged.",
                parameter: "prompt"
            )
        }
        try body.refuseWordlessPrompts()
        var collector = TextCollector(.openAI)
        for member in body.members {
            switch (member.name, member.value) {
            case ("prompt", .array(let items)):
                for (index, item) in items.enumerated() {
                    collector.collect(item, at: "/prompt/\(index)", role: .user, turn: index, member: "prompt")
                }
            case ("prompt", _), ("suffix", _):
                collector.collect(.object(JSONObject([member])), at: "", role: .user, turn: 0)
            default:
                let role = FieldTable.openAI.role(of: member.name)
                collector.collect(.object(JSONObject([member])), at: "", role: role, turn: nil)
            }
        }
        segments = collector.segments
        unscanned = collector.unscanned
        repetitions = collector.repetitions
        promptQueries = Self.queries(of: prompts.compactMap(\.string), before: body["suffix"]?.string ?? "")
    }

    private static func queries(of prompts: [String], before suffix: String) -> [String] {
        guard prompts.count > 1 else { return [] }
        let ends = ends(of: suffix, bytes: min(suffixEndBytes, suffixesBytes / (2 * prompts.count)))
        guard !ends.isEmpty else { return prompts }
        return prompts.map { $0.isEmpty ? ends : "\($0)\n\(ends)" }
    }

    /// About so many bytes of both ends of a text; all of one that is no longer.
    private static func ends(of text: String, bytes: Int) -> String {
        guard text.utf8.count > 2 * bytes else { return text }
        guard bytes > 0 else { return "" }
        // A cut within a scalar is one before it.
        let first = text[..<text.utf8.index(text.startIndex, offsetBy: bytes)]
        let last = text[text.utf8.index(text.endIndex, offsetBy: -bytes)...]
        return "\(first)\n\(last)"
    }

    package var serialized: [UInt8] { JSONWriter.bytes(.object(body)) }

    package func removing(_ places: (JSONObject) -> Set<String>) throws(ChatAPIError) -> Self {
        try Self(body.removing(places(body)))
    }

    /// There is no place for a message of the operator: steering goes in front of each prompt.
    package func editing(replacements: [String: String], steering: [String]) throws(ChatAPIError) -> Self {
        let body = replacements.isEmpty ? JSONValue.object(body) : JSONValue.object(body).replacing(repetitions)
        var edited = body.replacingStrings { replacements[$0] }.object ?? self.body
        if !steering.isEmpty {
            let words = steering.joined(separator: "\n\n") + "\n\n"
            switch edited["prompt"] ?? .null {
            case .array(let items): edited["prompt"] = .array(items.map { .string(words + ($0.string ?? "")) })
            case let prompt: edited["prompt"] = .string(words + (prompt.string ?? ""))
            }
        }
        return try Self(edited)
    }

    /// Of several prompts none is the last: they are gone on with side by side.
    package var lastUserText: String? {
        let words = segments.filter { $0.role == .user && $0.kind == .words && $0.turn != nil }
        return words.isEmpty ? nil : words.map(\.text).joined(separator: "\n")
    }

    /// Each of several prompts has `n` choices, the first prompt's in front.
    package func query(of choice: Int) -> String? {
        guard choice >= 0 else { return nil }
        let position = choice / (body["n"]?.integer ?? 1)
        guard promptQueries.indices.contains(position), !promptQueries[position].isEmpty else { return nil }
        return promptQueries[position]
    }

    package func reply(_ text: String, as identity: ReplyIdentity) -> [UInt8] {
        var object = frame(identity)
        object["choices"] = .array([.object(TextCompletionStream.choice(text, index: 0, finish: .contentFilter))])
        object["usage"] = TokenUsage().json
        return JSONWriter.bytes(.object(object))
    }

    package func replyStream(as identity: ReplyIdentity) -> any DialectStream {
        TextCompletionStream(frame: frame(identity), usage: includesUsage ? TokenUsage() : nil)
    }

    private func frame(_ identity: ReplyIdentity) -> JSONObject {
        [
            "id": .string("cmpl-guardian-\(identity.requestID)"), "object": .string("text_completion"),
            "created": .number(String(identity.created)), "model": .string(model),
        ]
    }
}
