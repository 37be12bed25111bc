package import GuardCore

/// A whole answer to a chat completion request, as one value: read from a body, or assembled from a stream.
package struct ChatCompletion: DialectAnswer, Equatable {
    package private(set) var body: JSONValue
    /// Every string that tells the caller something.
    package private(set) var segments: [TextSegment]
    /// Places of strings that nobody reads: data that is no text, and the token-wise repetition of the text.
    package private(set) var unscanned: UnscannedStrings

    /// What repeats a text, by place, and what stands there once a text was edited: it would still hold what was edited out.
    private let repetitions: [String: JSONValue]

    /// - Throws: `ChatAPIError` with status 502: the upstream's answer is not what the dialect says.
    package init(parsing bytes: [UInt8], limits: JSONLimits = JSONLimits()) throws(ChatAPIError) {
        guard bytes.count <= limits.bytes else { throw .answerTooLarge(limit: limits.bytes) }
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONParser.parse(bytes, limits: limits)
        } catch {
            throw ChatAPIError.badAnswer("it \(error.verdict)")
        }
        guard value.object != nil else { throw .badAnswer("it is \(value.kind) and not an object") }
        self.init(value)
    }

    init(_ body: JSONValue) {
        self.body = body
        var collector = TextCollector(.openAI, isAnswer: true)
        for member in body.object?.members ?? [] {
            if member.name == "choices", let choices = member.value.array {
                for (index, choice) in choices.enumerated() {
                    collector.collect(choice, at: "/choices/\(index)", role: .assistant, turn: index)
                }
            } else {
                collector.collect(.object(JSONObject([member])), at: "", role: .assistant, turn: nil)
            }
        }
        segments = collector.segments
        unscanned = collector.unscanned
        repetitions = collector.repetitions
    }

    /// The answer with edited texts.
    package func editing(replacements: [String: String]) -> ChatCompletion {
        guard !replacements.isEmpty else { return self }
        return ChatCompletion(body.replacing(repetitions).replacingStrings { replacements[$0] })
    }

    /// What of an answer's members may go out before the answer was judged: nothing that says anything, at any depth.
    static func plain(_ object: JSONObject) -> JSONObject {
        let answer = Self(.object(object))
        return object.removing(Set(answer.segments.map(\.path)).union(answer.repetitions.keys))
    }

    /// The token counts that the upstream gave.
    package var usage: TokenUsage? {
        let usage = body.object?["usage"]?.object
        return TokenUsage(prompt: [usage?["prompt_tokens"]], completion: [usage?["completion_tokens"]])
    }
}
