/// Puts a streamed answer together, so that it can be judged as the caller would read it.
///
/// The result has the shape of an answer that was not streamed. Strings of a delta are joined in the order they came;
/// calls of tools are joined by their index; a content that comes in parts keeps each of them; everything else keeps its
/// last value. Whatever a delta holds beside the known members is joined too, so that an upstream's own additions are
/// judged like the rest.
package struct DeltaAssembler {
    private var reader: EventReader
    private var head = JSONObject()
    private var eventFrame = EventFrame()
    private var choices: [Int: JSONObject] = [:]
    /// Events that are no chunk of a completion, such as an error in the middle of the stream.
    private var others: [JSONValue] = []
    /// Whether the stream told of an error. Some upstreams end it there.
    private var hasFailed = false
    /// Choices whose content began as a text and went on in parts: the text is the first of them.
    private var parted: Set<Int> = []
    /// Whether the token counts came in an event of their own.
    private var hasUsageAlone = false

    package init(limits: JSONLimits = JSONLimits()) {
        reader = EventReader(.serverSentEvents, limits: limits)
    }

    /// - Throws: `ChatAPIError` with status 502 if the stream is not what the dialect says.
    package mutating func read(_ chunk: some Sequence<UInt8>) throws(ChatAPIError) {
        for event in try reader.read(chunk) { try add(event) }
    }

    /// The answer so far. An unfinished event is left out, as a client would leave it out.
    package var completion: ChatCompletion {
        var body = head
        body["object"] = .string("chat.completion")
        body.setChoices(
            choices.sorted { $0.key < $1.key }.map { index, choice in
                var choice = choice
                choice["index"] = .number(String(index))
                return .object(choice)
            },
            hasUsageAlone: hasUsageAlone
        )
        if !others.isEmpty { body["events"] = .array(others) }
        return ChatCompletion(.object(body))
    }

    /// The texts of the answers so far; those that are no plain text are left out.
    package var texts: [StreamedText] {
        choices.sorted { $0.key < $1.key }.enumerated().compactMap { position, choice in
            let content = choice.value["message"]?.object?["content"]
            let isParted = parted.contains(choice.key)
            let text = isParted ? content?.array?.first?.object?["text"]?.string : content?.string
            return text.map { text in
                StreamedText(
                    number: choice.key,
                    path: "/choices/\(position)/message/content" + (isParted ? "/0/text" : ""),
                    text: text,
                    isWhole: false
                )
            }
        }
    }

    private func content(of index: Int) -> JSONValue? { choices[index]?["message"]?.object?["content"] }

    /// What each event of the answer says about itself.
    package var frame: JSONObject { eventFrame.object }

    /// Whether the stream said that it was complete, or why it would not be.
    package var isComplete: Bool { reader.isDone || hasFailed }

    private mutating func add(_ chunk: JSONObject) throws(ChatAPIError) {
        guard let items = chunk["choices"]?.array else {
            others.append(.object(chunk))
            hasFailed = hasFailed || !(chunk["error"] ?? .null).isNull
            return
        }
        if let error = chunk["error"], !error.isNull {
            // Told once and behind the words: clients raise it where it stands, and would meet it in each event.
            others.append(.object(["error": error]))
            hasFailed = true
        }
        for member in chunk.members where !["choices", "error"].contains(member.name) && !member.value.isNull {
            try head.merge(member)
            switch member.name {
            case "usage": hasUsageAlone = items.isEmpty
            case "object": break
            default: eventFrame.take(member) { ChatCompletion.plain($0) }
            }
        }
        for (position, item) in items.enumerated() {
            guard let choice = item.object else { throw ChatAPIError.badAnswer("a choice is not an object") }
            let index = choice["index"]?.integer ?? position
            guard (0..<ChatCompletionRequest.maximumChoiceCount).contains(index) else {
                throw ChatAPIError.badAnswer("a choice has the index \(index)")
            }
            let hadText = content(of: index)?.string?.isEmpty == false
            try Self.merge(choice, into: &choices[index, default: JSONObject()])
            if hadText, content(of: index)?.array != nil { parted.insert(index) }
        }
    }

    private static func merge(_ choice: JSONObject, into whole: inout JSONObject) throws(ChatAPIError) {
        for member in choice.members {
            switch member.name {
            case "index", "logprobs": continue
            case "delta":
                if whole["message"] == nil { whole["message"] = .object(["role": .string("assistant")]) }
                try whole.update("message") { (message) throws(ChatAPIError) in
                    try join(member.value, to: &message, name: "")
                }
            default: if !member.value.isNull { try whole.merge(member) }
            }
        }
    }

    /// Members of a delta that name something and are not pieces of a text.
    private static let whole: Set<String> = ["role", "id", "type", "format"]
    /// Members that some upstreams send in parts, or now as a text and now in parts.
    private static let partLists: Set<String> = ["content", "thinking"]
    /// Types of parts that come in pieces. A part of another type is whole.
    private static let textTypes: Set<String> = ["text", "output_text", "refusal", "thinking", "reasoning"]

    /// Adds a piece to what there is, in place: an answer of many pieces must not be copied once for each.
    private static func join(
        _ addition: JSONValue,
        to value: inout JSONValue,
        name: String
    ) throws(ChatAPIError) {
        switch addition {
        case .null: return
        case .string(let end):
            if partLists.contains(name), value.array != nil {
                if !end.isEmpty { try join(parts: [textPart(end)], to: &value) }
                return
            }
            guard case .string(var text) = value, !whole.contains(name) else { break }
            value = .null
            text += end
            value = .string(text)
            return
        case .object(let additions):
            guard case .object(var object) = value else { break }
            value = .null
            for member in additions.members where member.name != "index" {
                try object.update(member.name) { (part) throws(ChatAPIError) in
                    try join(member.value, to: &part, name: member.name)
                }
            }
            value = .object(object)
            return
        case .array(let additions):
            if name == "annotations" {
                // None is a piece of another, and an index of one is its place in a text.
                var items: [JSONValue] = []
                if case .array(let known) = value { items = known }
                guard items.count + additions.count <= JSONObject.mostItems else {
                    throw ChatAPIError.badAnswer("a delta adds to a list of more than \(JSONObject.mostItems) items")
                }
                value = .null
                items += additions
                value = .array(items)
                return
            }
            if partLists.contains(name), !additions.contains(where: { $0.object?["index"] != nil }) {
                return try join(parts: additions, to: &value)
            }
            var items: [JSONValue] = []
            if case .array(let known) = value {
                items = known
            } else if !value.isNull || !additions.contains(where: { $0.object?["index"] != nil }) {
                break
            }
            value = .null
            for (position, part) in additions.enumerated() {
                let index = place(of: part, at: position, of: additions.count, in: items)
                guard (0...items.count).contains(index), index < 256 else {
                    throw ChatAPIError.badAnswer("a delta has the index \(index) out of order")
                }
                if index == items.count { items.append(.object(JSONObject())) }
                try join(part, to: &items[index], name: "")
            }
            value = .array(items)
            return
        default: break
        }
        value = addition
    }

    /// Which item of a list a piece belongs to.
    ///
    /// Some upstreams number no calls of tools and send each in a delta of its own: the first piece of one has a new id and the
    /// function's name. Others give every piece an id of its own.
    ///
    /// - Parameters:
    ///   - position: of the piece among those of its delta.
    ///   - count: of these.
    private static func place(of part: JSONValue, at position: Int, of count: Int, in items: [JSONValue]) -> Int {
        if let index = part.object?["index"]?.integer { return index }
        guard let id = part.object?["id"]?.string, !id.isEmpty else {
            return count == 1 ? max(items.count - 1, 0) : position
        }
        if let known = items.firstIndex(where: { $0.object?["id"]?.string == id }) { return known }
        if count == 1, !items.isEmpty, let function = part.object?["function"]?.object,
            function["name"]?.string?.isEmpty ?? true
        {
            return items.count - 1
        }
        let isNamed = items.indices.contains(position) && items[position].object?["id"]?.string?.isEmpty == false
        return isNamed ? items.count : min(position, items.count)
    }

    /// Adds parts to those that there are, of which a text that came without parts is one.
    private static func join(parts additions: [JSONValue], to value: inout JSONValue) throws(ChatAPIError) {
        var parts: [JSONValue] = []
        switch value {
        case .array(let known): parts = known
        case .string(let text) where !text.isEmpty: parts = [textPart(text)]
        default: break
        }
        value = .null
        for (position, part) in additions.enumerated() {
            if position == 0, goesOn(part, from: parts.last) {
                try join(part, to: &parts[parts.count - 1], name: "")
            } else {
                parts.append(part)
            }
        }
        value = .array(parts)
    }

    /// Whether a part is a piece of what the one before it holds.
    private static func goesOn(_ part: JSONValue, from last: JSONValue?) -> Bool {
        guard let part = part.object, let last = last?.object, part["type"] == last["type"] else { return false }
        return part["type"].map { textTypes.contains($0.string ?? "") } ?? true
    }

    private static func textPart(_ text: String) -> JSONValue {
        .object(["type": .string("text"), "text": .string(text)])
    }
}
