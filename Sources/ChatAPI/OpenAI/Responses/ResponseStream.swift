/// A streamed response: its items go out one after the other. Texts flow; from the first item of another kind on that says
/// something, everything waits until it is whole.
package struct ResponseStream: DialectStream {
    private var assembler: ResponseAssembler
    private var writer = ResponseEventWriter()

    package init(limits: JSONLimits = JSONLimits()) {
        assembler = ResponseAssembler(limits: limits)
    }

    /// An answer of our own.
    init(frame: JSONObject) {
        assembler = ResponseAssembler()
        assembler.begin(frame)
    }

    // MARK: Reading

    package mutating func read(_ chunk: some Sequence<UInt8>) throws(ChatAPIError) { try assembler.read(chunk) }
    package var isComplete: Bool { assembler.isComplete }
    package var answer: any DialectAnswer { CollectedAnswer(assembler.response, form: .response) }
    package let isSequential = true
    package var mayBegin: Bool { assembler.mayBegin }
    package var texts: [StreamedText] { assembler.texts }

    // MARK: Writing

    package var begun: Set<Int> { writer.begun }

    package mutating func piece(_ text: String, of number: Int) -> [UInt8] {
        let place = ResponsePlace(number: number)
        var bytes = writer.hasStarted ? [] : writer.start(assembler.frame)
        bytes += writer.finish(before: place.item, of: assembler.items)
        bytes += writer.open(place.item, as: Self.plain(item(place.item)))
        let item = item(place.item)
        for list in ResponsePart.lists {
            for position in 0..<(item[list]?.array?.count ?? 0) {
                let earlier = ResponsePlace(item: place.item, list: list, part: position)
                guard earlier.number < place.number else { break }
                bytes += writer.part(at: earlier, of: item, texts: nil)
            }
        }
        let parts = item[place.list]?.array ?? []
        let part = parts.indices.contains(place.part) ? parts[place.part].object : nil
        let kind = ResponsePart(type: part?["type"]?.string) ?? .outputText
        bytes += writer.open(place, as: kind, part.map(Self.plain) ?? kind.empty)
        return bytes + writer.text(text)
    }

    /// What may be said of an item, or of a part, while it is not judged; the rest is said when it ends.
    private static func plain(_ object: JSONObject) -> JSONObject {
        let plain = CollectedAnswer.plain(["output": .array([.object(object)])], form: .response)
        return plain["output"]?.array?.first?.object ?? JSONObject()
    }

    /// The upstream's item, or the message that a text of our own goes into.
    private func item(_ index: Int) -> JSONObject {
        assembler.items.indices.contains(index) ? assembler.items[index] : ownMessage
    }

    private var ownMessage: JSONObject {
        let name = assembler.head["id"]?.string ?? ""
        var message = ResponseEventWriter.message(id: "msg_guardian_\(name)", text: "")
        message["content"] = .array([])
        return message
    }

    package mutating func rest(of answer: any DialectAnswer, texts: [Int: String]) -> [UInt8] {
        let response = answer.body.object ?? JSONObject()
        let items = (response["output"]?.array ?? []).map { $0.object ?? JSONObject() }
        var frame = assembler.frame
        // It was judged with all else.
        if let name = response["id"] { frame["id"] = name }
        // An error in front of everything is all that there is.
        let isErrorAlone = assembler.end == "error" && !assembler.hasBegun && items.isEmpty
        var bytes = isErrorAlone ? [] : writer.start(frame)
        bytes += writer.finish(before: items.count, of: items, texts: texts)
        for error in (response["events"]?.array ?? []).compactMap(\.object) {
            bytes += writer.event("error", error.without(["type"]))
        }
        guard assembler.end != "error" else { return bytes }
        var end = response.without(["events"])
        end["output"] = .array(writer.done)
        return bytes + writer.event(assembler.end ?? "response.completed", ["response": .object(end)])
    }

    package mutating func filtered(saying words: [String]) -> [UInt8] {
        var bytes = writer.start(assembler.frame)
        if !words.isEmpty {
            if writer.openPart?.kind != .outputText {
                bytes += writer.closeItem()
                let place = ResponsePlace(item: writer.done.count, list: "content", part: 0)
                bytes += writer.open(place.item, as: ownMessage)
                bytes += writer.open(place, as: .outputText, ResponsePart.outputText.empty)
            }
            for word in words { bytes += writer.text(word) }
        }
        bytes += writer.closeItem(status: "incomplete")
        let response = Self.filtered(assembler.frame, output: writer.done)
        return bytes + writer.event("response.incomplete", ["response": .object(response)])
    }

    /// A response that was withheld, or a part of it.
    static func filtered(_ frame: JSONObject, output: [JSONValue]) -> JSONObject {
        var response = frame
        response["status"] = .string("incomplete")
        response["incomplete_details"] = .object(["reason": .string("content_filter")])
        response["output"] = .array(output)
        // Upstreams count at the end, and clients look for counts in the last event.
        if (response["usage"] ?? .null).isNull { response["usage"] = noUsage }
        return response
    }

    /// The counts of an answer that nobody counted.
    static let noUsage = JSONValue.object([
        "input_tokens": .number("0"),
        "input_tokens_details": .object(["cached_tokens": .number("0")]),
        "output_tokens": .number("0"),
        "output_tokens_details": .object(["reasoning_tokens": .number("0")]),
        "total_tokens": .number("0"),
    ])

    package mutating func failed(_ error: ChatAPIError) -> [UInt8] {
        var members: JSONObject = [
            "code": .string(error.code ?? error.type), "message": .string(error.message),
            "param": error.parameter.map { .string($0) } ?? .null,
        ]
        // OpenAI documents the members above, and sends this one: its client raises nothing else.
        members["error"] = ErrorForm.openAI.object(of: error)["error"]
        return writer.event("error", members)
    }
}
