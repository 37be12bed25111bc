extension ChatCompletion {
    /// The answer as the bytes of a stream: what a held stream is sent as once it was judged.
    ///
    /// Written from the value that was judged, so that what was scanned is what is sent. The texts come in pieces, so that a
    /// caller who shows them as they come still does.
    package var stream: [UInt8] {
        var bytes: [UInt8] = []
        let object = body.object ?? JSONObject()
        var head = object
        for name in ["choices", "usage", "events"] { head[name] = nil }
        head["object"] = .string("chat.completion.chunk")
        let (repeated, once) = EventFrame.divided(head)
        var frame = repeated

        func send(_ choice: JSONObject, beside others: [JSONObject.Member] = []) {
            var chunk = frame
            chunk["choices"] = .array([.object(choice)])
            chunk.members += others
            bytes += EventStreamWriter.bytes(.object(chunk))
        }
        var usage = object["usage"]
        let choices = (object["choices"]?.array ?? []).compactMap(\.object)
        for (position, choice) in choices.enumerated() {
            let index = choice["index"] ?? .number("0")
            for delta in Self.deltas(of: choice["message"]?.object ?? JSONObject()) {
                send(["index": index, "delta": .object(delta), "finish_reason": .null])
            }
            var last = choice
            last["message"] = nil
            last["delta"] = .object(JSONObject())
            last["finish_reason"] = choice["finish_reason"] ?? .null
            let isLast = position == choices.count - 1
            if object.hasUsageWithChoice, isLast {
                frame["usage"] = usage
                usage = nil
            }
            send(last, beside: isLast ? once : [])
        }
        if let usage {
            if choices.isEmpty { frame.members += once }
            frame["choices"] = .array([])
            frame["usage"] = usage
            bytes += EventStreamWriter.bytes(.object(frame))
        }
        // One may be an error: clients raise it and read no further.
        for event in object["events"]?.array ?? [] { bytes += EventStreamWriter.bytes(event) }
        return bytes + EventStreamWriter.done
    }

    /// The message cut into deltas: the text in pieces, everything else at once, with the index that lists need.
    private static func deltas(of message: JSONObject) -> [JSONObject] {
        var first = message
        var pieces: [JSONObject] = []
        if let text = message["content"]?.string {
            first["content"] = .string("")
            pieces = TextPieces.of(text).map { ["content": .string($0)] }
        }
        if let calls = message["tool_calls"]?.array {
            first["tool_calls"] = .array(
                calls.enumerated().map { index, call in
                    guard let object = call.object else { return call }
                    let number = JSONObject.Member(name: "index", value: .number(String(index)))
                    return .object(JSONObject([number] + object.members))
                }
            )
        }
        return [first] + pieces
    }
}
