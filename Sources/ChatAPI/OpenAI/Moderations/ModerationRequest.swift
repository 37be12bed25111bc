package import GuardCore

/// `POST /v1/moderations` of OpenAI's API, which Guardian answers itself: the texts to be judged, each by itself.
package struct ModerationRequest: Sendable, Equatable {
    /// The most texts of one request, so that one cannot keep the model busy for long.
    package static let maximumInputCount = 128

    package private(set) var model: String
    /// The texts of each input.
    package private(set) var inputs: [[TextSegment]]
    /// Places of strings that nobody reads: images.
    package private(set) var unscanned: UnscannedStrings

    /// - Throws: `ChatAPIError` with status 400 that names what is wrong.
    package init(parsing bytes: [UInt8], limits: JSONLimits = JSONLimits()) throws(ChatAPIError) {
        let body = try JSONObject(request: bytes, limits: limits, known: ["input", "model"])
        guard let model = (body["model"] ?? .string("guardian")).string else {
            throw .invalidRequest("'model' must be a string.", parameter: "model")
        }
        self.model = model
        var collector = TextCollector(.openAI)
        var parts: [(value: JSONValue, place: String, turn: Int)]
        switch body["input"] ?? .null {
        case .string: parts = [(body["input"] ?? .null, "/input", 0)]
        case .array(let items) where items.contains { $0.object != nil }:
            // Content parts are one input; a list of strings is as many.
            parts = items.enumerated().map { ($1, "/input/\($0)", 0) }
        case .array(let items) where !items.isEmpty: parts = items.enumerated().map { ($1, "/input/\($0)", $0) }
        default: parts = []
        }
        guard !parts.isEmpty, parts.count <= Self.maximumInputCount,
            parts.allSatisfy({ $0.value.string != nil || $0.value.object?["type"]?.string != nil })
        else {
            throw .invalidRequest(
                "'input' must be a string, or an array of 1 to \(Self.maximumInputCount) strings or content parts.",
                parameter: "input"
            )
        }
        for part in parts {
            collector.collect(part.value, at: part.place, role: .user, turn: part.turn, member: "input")
        }
        let count = (parts.map(\.turn).max() ?? 0) + 1
        inputs = (0..<count).map { turn in collector.segments.filter { $0.turn == turn } }
        unscanned = collector.unscanned
    }
}
