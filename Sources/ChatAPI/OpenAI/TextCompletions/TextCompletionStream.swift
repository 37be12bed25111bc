/// A streamed completion: the choices' texts flow side by side.
package struct TextCompletionStream: DialectStream {
    private var reader: EventReader
    /// Everything but the choices.
    private var head = JSONObject()
    /// What each event says about the answer.
    private var eventFrame = EventFrame()
    private var choices: [Int: JSONObject] = [:]
    private var events: [JSONValue] = []
    /// Whether the stream told of an error. Some upstreams end it there.
    private var hasFailed = false
    /// Whether the token counts came in an event of their own.
    private var hasUsageAlone = false
    private let usage: TokenUsage?
    package private(set) var begun: Set<Int> = []

    package init(limits: JSONLimits = JSONLimits()) {
        reader = EventReader(.serverSentEvents, limits: limits)
        usage = nil
    }

    /// An answer of our own.
    init(frame: JSONObject, usage: TokenUsage?) {
        reader = EventReader(.serverSentEvents)
        head = frame
        self.usage = usage
        for member in frame.members { eventFrame.take(member, plain: Self.plain) }
    }

    // MARK: Reading

    package mutating func read(_ chunk: some Sequence<UInt8>) throws(ChatAPIError) {
        for event in try reader.read(chunk) {
            guard let items = event["choices"]?.array else {
                events.append(.object(event))
                hasFailed = hasFailed || !(event["error"] ?? .null).isNull
                continue
            }
            if let error = event["error"], !error.isNull {
                // Told once and behind the words: clients raise it where it stands, and would meet it in each event.
                events.append(.object(["error": error]))
                hasFailed = true
            }
            for member in event.members where !["choices", "error"].contains(member.name) && !member.value.isNull {
                try head.merge(member)
                if member.name == "usage" {
                    hasUsageAlone = items.isEmpty
                } else {
                    eventFrame.take(member, plain: Self.plain)
                }
            }
            for (position, item) in items.enumerated() {
                guard let choice = item.object else { throw .badAnswer("a choice is not an object") }
                let index = choice["index"]?.integer ?? position
                guard (0..<ChatCompletionRequest.maximumChoiceCount).contains(index) else {
                    throw .badAnswer("a choice has the index \(index)")
                }
                try add(choice, to: index)
            }
        }
    }

    private static func plain(_ object: JSONObject) -> JSONObject {
        CollectedAnswer.plain(object, form: .textCompletion)
    }

    private mutating func add(_ addition: JSONObject, to index: Int) throws(ChatAPIError) {
        var choice = choices[index] ?? ["text": .string(""), "index": .number(String(index))]
        choices[index] = nil
        for member in addition.members {
            switch (member.name, member.value) {
            case ("index", _), ("logprobs", _), (_, .null): continue
            case ("text", .string(let end)):
                // In place: an answer of many pieces must not be copied once for each.
                var text = choice["text"]?.string ?? ""
                choice["text"] = .null
                text += end
                choice["text"] = .string(text)
            default: try choice.merge(member)
            }
        }
        choices[index] = choice
    }

    package var isComplete: Bool { reader.isDone || hasFailed }

    package var answer: any DialectAnswer {
        var body = head
        body.setChoices(
            choices.sorted { $0.key < $1.key }.map { .object($0.value) },
            hasUsageAlone: hasUsageAlone
        )
        if !events.isEmpty { body["events"] = .array(events) }
        return CollectedAnswer(body, form: .textCompletion)
    }

    package let isSequential = false
    package let mayBegin = true

    package var texts: [StreamedText] {
        choices.sorted { $0.key < $1.key }.enumerated().map { position, choice in
            StreamedText(
                number: choice.key,
                path: "/choices/\(position)/text",
                text: choice.value["text"]?.string ?? "",
                isWhole: false
            )
        }
    }

    // MARK: Writing

    static func choice(_ text: String, index: Int, finish: FinishReason?) -> JSONObject {
        [
            "text": .string(text), "index": .number(String(index)), "logprobs": .null,
            "finish_reason": finish.map { .string($0.rawValue) } ?? .null,
        ]
    }

    private func event(_ choices: [JSONObject], usage: JSONValue? = nil, frame: JSONObject? = nil) -> [UInt8] {
        var event = frame ?? eventFrame.object
        event["choices"] = .array(choices.map { .object($0) })
        event["usage"] = usage
        return EventStreamWriter.bytes(.object(event))
    }

    package mutating func piece(_ text: String, of number: Int) -> [UInt8] {
        begun.insert(number)
        return event([Self.choice(text, index: number, finish: nil)])
    }

    package mutating func rest(of answer: any DialectAnswer, texts: [Int: String]) -> [UInt8] {
        let body = answer.body.object ?? JSONObject()
        // As it was edited.
        let (frame, once) = EventFrame.divided(body.without(["choices", "usage", "events"]))
        let whole = JSONObject(frame.members + once)
        var bytes: [UInt8] = []
        var usage = body["usage"]
        let choices = (body["choices"]?.array ?? []).compactMap(\.object)
        for (position, choice) in choices.enumerated() {
            let index = choice["index"]?.integer ?? position
            for piece in TextPieces.of(texts[index] ?? choice["text"]?.string ?? "") {
                bytes += event([Self.choice(piece, index: index, finish: nil)], frame: frame)
            }
            var end = choice
            end["text"] = .string("")
            let isLast = position == choices.count - 1
            let isCounted = body.hasUsageWithChoice && isLast
            bytes += event([end], usage: isCounted ? usage : nil, frame: isLast ? whole : frame)
            if isCounted { usage = nil }
        }
        if let usage { bytes += event([], usage: usage, frame: choices.isEmpty ? whole : frame) }
        // One may be an error: clients raise it and read no further.
        for event in body["events"]?.array ?? [] { bytes += EventStreamWriter.bytes(event) }
        return bytes + EventStreamWriter.done
    }

    package mutating func filtered(saying words: [String]) -> [UInt8] {
        var bytes: [UInt8] = []
        for index in begun.sorted() {
            for word in words { bytes += event([Self.choice(word, index: index, finish: nil)]) }
            bytes += event([Self.choice("", index: index, finish: .contentFilter)])
        }
        if let usage { bytes += event([], usage: usage.json) }
        return bytes + EventStreamWriter.done
    }

    package mutating func failed(_ error: ChatAPIError) -> [UInt8] { ChatChunkWriter.end(error) }
}
