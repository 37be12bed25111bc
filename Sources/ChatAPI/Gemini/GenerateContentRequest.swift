package import GuardCore

/// A request to `generateContent`, `streamGenerateContent` or `countTokens`.
package struct GenerateContentRequest: DialectRequest, Equatable {
    package private(set) var body: JSONObject
    package let model: String
    package let isStream: Bool
    package private(set) var segments: [TextSegment]
    package private(set) var unscanned: UnscannedStrings
    /// What repeats a text of an earlier answer.
    private let repetitions: [String: JSONValue]
    private let requiresContents: Bool

    private static let known = KnownMembers(
        FieldTable.generateContent.context.union([
            "contents", "systemInstruction", "system_instruction", "generateContentRequest",
        ])
    )

    /// - Throws: `ChatAPIError` with status 400 that names what is wrong.
    package init(
        parsing bytes: [UInt8],
        model: String,
        isStream: Bool,
        requiresContents: Bool = true,
        limits: JSONLimits = JSONLimits()
    ) throws(ChatAPIError) {
        let body = try JSONObject(request: bytes, limits: limits, known: Self.known)
        try self.init(body, model: model, isStream: isStream, requiresContents: requiresContents)
    }

    init(_ body: JSONObject, model: String, isStream: Bool, requiresContents: Bool) throws(ChatAPIError) {
        self.body = body
        self.model = model
        self.isStream = isStream
        self.requiresContents = requiresContents
        let hasBoth = body["systemInstruction"] != nil && body["system_instruction"] != nil
        guard !hasBoth else {
            throw .invalidRequest("'systemInstruction' is given twice.", parameter: "system_instruction")
        }
        if requiresContents { _ = try body.items("contents") }
        var collector = TextCollector(.generateContent)
        for member in body.members {
            switch member.name {
            case "contents":
                for (index, content) in try body.items("contents").enumerated() {
                    try Self.collect(content, index: index, into: &collector)
                }
            case "systemInstruction", "system_instruction":
                collector.collect(member.value, at: "/" + member.name, role: .system, turn: nil, member: member.name)
            default:
                let role = FieldTable.generateContent.role(of: member.name)
                collector.collect(.object(JSONObject([member])), at: "", role: role, turn: nil)
            }
        }
        segments = collector.segments
        unscanned = collector.unscanned
        repetitions = collector.repetitions
        // What is stored at the provider under this name is not in the request.
        for name in ["cachedContent", "cached_content"] where body[name]?.string?.isEmpty == false {
            unscanned.add(body[name] ?? .null, at: "/\(name)")
        }
    }

    private static func collect(
        _ content: JSONValue,
        index: Int,
        into collector: inout TextCollector
    ) throws(ChatAPIError) {
        let parameter = "contents[\(index)]"
        let object = try JSONObject.item(content, parameter: parameter)
        try object.refuseVariants(of: ["role", "parts"], parameter: parameter + ".")
        let role: Role
        switch object["role"]?.string ?? "user" {
        case "user", "": role = .user
        case "model": role = .assistant
        case "function", "tool": role = .tool
        case "system": role = .system
        default:
            throw .invalidRequest("'\(parameter).role' must be user or model.", parameter: "\(parameter).role")
        }
        guard object["parts"].map({ $0.array != nil || $0.object != nil }) ?? true else {
            throw .invalidRequest("'\(parameter).parts' must be an array.", parameter: "\(parameter).parts")
        }
        collector.collect(content, at: "/contents/\(index)", role: role, turn: index, member: "contents")
    }

    package var serialized: [UInt8] { JSONWriter.bytes(.object(body)) }

    package func removing(_ places: (JSONObject) -> Set<String>) throws(ChatAPIError) -> Self {
        try Self(body.removing(places(body)), model: model, isStream: isStream, requiresContents: requiresContents)
    }

    package func editing(replacements: [String: String], steering: [String]) throws(ChatAPIError) -> Self {
        let body = replacements.isEmpty ? JSONValue.object(body) : JSONValue.object(body).replacing(repetitions)
        var edited = body.replacingStrings { replacements[$0] }.object ?? self.body
        if !steering.isEmpty {
            let name = edited["system_instruction"] == nil ? "systemInstruction" : "system_instruction"
            var instruction = edited[name]?.object ?? JSONObject()
            let own = instruction["parts"] ?? .array([])
            instruction["parts"] = .array(
                steering.map { .object(["text": .string($0)]) } + (own.array ?? [own])
            )
            edited[name] = .object(instruction)
        }
        return try Self(edited, model: model, isStream: isStream, requiresContents: requiresContents)
    }

    package func reply(_ text: String, as identity: ReplyIdentity) -> [UInt8] {
        var object: JSONObject = [
            "candidates": .array([
                .object([
                    "content": .object(["parts": .array([.object(["text": .string(text)])]), "role": .string("model")]),
                    "finishReason": .string(GeneratedContentStream.filteredReason),
                    "index": .number("0"),
                ])
            ])
        ]
        for member in frame(identity).members { object[member.name] = member.value }
        return JSONWriter.bytes(.object(object))
    }

    package func replyStream(as identity: ReplyIdentity) -> any DialectStream {
        GeneratedContentStream(frame: frame(identity))
    }

    private func frame(_ identity: ReplyIdentity) -> JSONObject {
        ["modelVersion": .string(model), "responseId": .string("guardian-\(identity.requestID)")]
    }
}
