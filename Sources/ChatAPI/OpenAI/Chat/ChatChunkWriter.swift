/// Writes pieces of an answer that another wrote, under that answer's own name.
package struct ChatChunkWriter: Sendable {
    private let frame: JSONObject

    /// - Parameter frame: the members of each event beside the choices.
    package init(frame: JSONObject) {
        self.frame = frame
    }

    /// A piece of a choice's text.
    ///
    /// - Parameter isFirst: whether nothing of the choice went out before.
    package func piece(_ text: String, choice: Int, isFirst: Bool) -> [UInt8] {
        var delta: JSONObject = ["content": .string(text)]
        if isFirst { delta = ["role": .string("assistant"), "content": .string(text)] }
        return chunk(delta, choice: choice, finish: nil)
    }

    /// The end of a choice.
    package func end(choice: Int, _ finish: FinishReason) -> [UInt8] {
        chunk([:], choice: choice, finish: finish)
    }

    /// The token counts, in an event of their own.
    func usage(_ usage: TokenUsage) -> [UInt8] {
        var object = frame
        object["object"] = .string("chat.completion.chunk")
        object["choices"] = .array([])
        object["usage"] = usage.json
        return EventStreamWriter.bytes(.object(object))
    }

    /// The end of a stream that could not be carried to its end: an event with the error, which clients raise.
    package static func end(_ error: ChatAPIError) -> [UInt8] {
        EventStreamWriter.bytes(.object(ErrorForm.openAI.object(of: error)))
            + EventStreamWriter.done
    }

    private func chunk(_ delta: JSONObject, choice: Int, finish: FinishReason?) -> [UInt8] {
        var object = frame
        object["object"] = .string("chat.completion.chunk")
        object["choices"] = .array([
            .object([
                "index": .number(String(choice)),
                "delta": .object(delta),
                "logprobs": .null,
                "finish_reason": finish.map { .string($0.rawValue) } ?? .null,
            ])
        ])
        return EventStreamWriter.bytes(.object(object))
    }
}
