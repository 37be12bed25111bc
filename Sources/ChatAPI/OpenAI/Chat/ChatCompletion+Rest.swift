extension ChatCompletion {
    /// The rest of a stream whose texts went out in part.
    ///
    /// - Parameters:
    ///   - texts: what is left of the text of each choice that was judged in parts, by its index.
    ///   - announced: choices that began to go out, with the role in front.
    package func rest(_ texts: [Int: String], announced: Set<Int>) -> ChatCompletion {
        guard var object = body.object, let choices = object["choices"]?.array else { return self }
        object["choices"] = .array(
            choices.map { choice in
                guard var choice = choice.object, let index = choice["index"]?.integer,
                    var message = choice["message"]?.object
                else { return choice }
                if announced.contains(index) { message["role"] = nil }
                if let text = texts[index] {
                    message["content"] = Self.content(message["content"], saying: text)
                    // The tokens repeat the text from its beginning, which has gone out without them.
                    if choice["logprobs"] != nil { choice["logprobs"] = .null }
                }
                choice["message"] = .object(message)
                return .object(choice)
            }
        )
        return ChatCompletion(.object(object))
    }

    /// - Parameter text: what is left of the content's text, or of the text that its parts begin with.
    private static func content(_ content: JSONValue?, saying text: String) -> JSONValue {
        guard var parts = content?.array, parts.count > 1, var first = parts[0].object else { return .string(text) }
        if text.isEmpty {
            parts.removeFirst()
        } else {
            first["text"] = .string(text)
            parts[0] = .object(first)
        }
        return .array(parts)
    }
}
