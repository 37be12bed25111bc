package import GuardCore

/// A whole answer to a chat completion request, as one value: read from a body, or assembled from a stream.
package struct ChatCompletion: DialectAnswer, Equatable {
    package private(set) var body: JSONValue
    /// Every string that tells the caller something.
    package private(set) var segments: [TextSegment]
    /// Places of strings that nobody reads: data that is no text, and the token-wise repetition of the text.
    package private(set) var unscanned: UnscannedStrings

    /// - Throws: `ChatAPIError` with status 502: the upstream's answer is not what the dialect says.
    package init(parsing bytes: [UInt8], limits: JSONLimits = JSONLimits()) throws(ChatAPIError) {
        do throws(JSONError) {
            try self.init(JSONParser.parse(bytes, limits: limits))
        } catch {
            throw ChatAPIError.badAnswer("it is not valid JSON: \(error)")
        }
    }

    init(_ body: JSONValue) {
        self.body = body
        var collector = TextCollector(.openAI)
        for member in body.object?.members ?? [] {
            if member.name == "choices", let choices = member.value.array {
                for (index, choice) in choices.enumerated() {
                    Self.collect(choice, index: index, into: &collector)
                }
            } else {
                collector.collect(.object(JSONObject([member])), at: "", role: .assistant, turn: nil)
            }
        }
        segments = collector.segments
        unscanned = collector.unscanned
    }

    private static func collect(_ choice: JSONValue, index: Int, into collector: inout TextCollector) {
        let pointer = "/choices/\(index)"
        guard var object = choice.object, let tokens = object["logprobs"], !tokens.isNull else {
            collector.collect(choice, at: pointer, role: .assistant, turn: index)
            return
        }
        object["logprobs"] = nil
        collector.collect(.object(object), at: pointer, role: .assistant, turn: index)
        // The tokens repeat the text, and reading them one by one would say nothing. What they say together is read
        // where it is not that text.
        collector.omit(.null, at: pointer + "/logprobs")
        let message = object["message"]?.object
        var rest = tokens
        if var lists = tokens.object {
            for list in ["content", "refusal"] {
                guard let items = lists[list]?.array else { continue }
                lists[list] = nil
                let joined = items.compactMap { $0.object?["token"]?.string }.joined()
                guard joined != message?[list]?.string else { continue }
                let place = "\(pointer)/logprobs/\(list)"
                collector.add(TextSegment(path: place, role: .assistant, turn: index, text: joined))
            }
            rest = .object(lists)
        }
        collector.collect(rest, at: pointer + "/logprobs", role: .assistant, turn: index)
    }

    /// The answer with edited texts. The token-wise repetition of the text is dropped, for it would still hold what was
    /// edited out.
    package func editing(replacements: [String: String]) -> ChatCompletion {
        guard !replacements.isEmpty, var object = body.replacingStrings({ replacements[$0] }).object else {
            return self
        }
        if let choices = object["choices"]?.array {
            object["choices"] = .array(
                choices.map { choice in
                    guard var choice = choice.object, choice["logprobs"] != nil else { return choice }
                    choice["logprobs"] = .null
                    return .object(choice)
                }
            )
        }
        return ChatCompletion(.object(object))
    }

    /// What of an answer's members may go out before the answer was judged: nothing that says anything, at any depth.
    static func plain(_ object: JSONObject) -> JSONObject {
        object.removing(Set(Self(.object(object)).segments.map(\.path)))
    }

    /// The token counts that the upstream gave.
    package var usage: TokenUsage? {
        guard let usage = body.object?["usage"]?.object, let prompt = usage["prompt_tokens"]?.integer,
            let completion = usage["completion_tokens"]?.integer
        else { return nil }
        return TokenUsage(prompt: prompt, completion: completion)
    }
}
