/// Puts a streamed message together, in the shape of one that was not streamed.
///
/// The input of a tool is joined and read once it is whole; if it is not JSON then, because the answer was cut, it stays
/// the text that it is. Deltas and events of a kind that is not known are kept as they are, in `deltas` of their block and
/// in `events` of the message, so that they are judged like the rest.
struct MessageAssembler: Sendable {
    static let textBlock: JSONObject = ["type": .string("text"), "text": .string("")]
    /// The most blocks of a message: each may be judged by itself.
    static let blockLimit = 1024

    private var reader: EventReader
    private var hasBegun = false
    /// The message without its blocks.
    private(set) var head = JSONObject()
    /// The same as it was at the beginning: what comes of it at the end is told there.
    private(set) var firstHead = JSONObject()
    private(set) var blocks: [JSONObject] = []
    /// The number of blocks that are whole.
    private var whole = 0
    private var events: [JSONValue] = []
    private var inputs: [Int: String] = [:]
    /// Inputs of which no more comes.
    private var wholeInputs: [Int: JSONValue] = [:]
    private(set) var isComplete = false

    init(limits: JSONLimits = JSONLimits()) {
        reader = EventReader(.serverSentEvents, limits: limits)
    }

    /// Takes a message that has no blocks yet.
    mutating func begin(_ message: JSONObject) {
        hasBegun = true
        head = message
        head["content"] = .array([])
        firstHead = head
    }

    func block(_ index: Int) -> JSONObject { blocks.indices.contains(index) ? blocks[index] : Self.textBlock }

    /// The answer so far.
    var message: JSONObject {
        var message = head
        let content = blocks.enumerated().map { index, block in
            guard let input = toolInput(of: index) else { return JSONValue.object(block) }
            var block = block
            block["input"] = input
            return .object(block)
        }
        message["content"] = .array(content)
        if !events.isEmpty { message["events"] = .array(events) }
        return message
    }

    /// What a tool is called with, as far as it has come.
    private func toolInput(of index: Int) -> JSONValue? {
        if let whole = wholeInputs[index] { return whole }
        guard let text = inputs[index], !text.isEmpty else { return nil }
        // The answer is asked for with each piece of it: what is not whole is not read anew each time.
        return isComplete ? Self.toolInput(reading: text) : JSONValue.string(text)
    }

    private static func toolInput(reading text: String) -> JSONValue {
        (try? JSONParser.parse(Array(text.utf8))) ?? .string(text)
    }

    /// Whether the message's own members say nothing. They are told once, at the beginning, so that words wait with all else.
    var hasPlainHead: Bool {
        hasBegun && !CollectedAnswer(firstHead, form: .message).hasWords
    }

    /// The head as it was at the beginning, without members that nobody knows.
    var plainHead: JSONObject { CollectedAnswer.plain(firstHead, form: .message) }

    /// The counts so far, without members that nobody knows.
    var plainUsage: JSONValue? {
        let usage = head.members.filter { $0.name == "usage" }
        return CollectedAnswer.plain(JSONObject(usage), form: .message)["usage"]
    }

    /// The texts and thoughts in front of the first block of another kind.
    var texts: [StreamedText] {
        var texts: [StreamedText] = []
        for (index, block) in blocks.enumerated() {
            let member = Self.flowing(block)
            let others = JSONValue.object(member.map { block.without([$0]) } ?? block)
            let hasOthers = Self.saysAnything(others)
            if let member {
                // What stands in the block from its beginning would go out with it; a list of citations comes behind it.
                let later = block["citations"]?.array == nil ? [member, "deltas"] : [member, "deltas", "citations"]
                if hasOthers, Self.saysAnything(.object(block.without(Set(later)))) {
                    return texts
                }
                texts.append(
                    StreamedText(
                        number: index,
                        path: "/content/\(index)/\(member)",
                        text: block[member]?.string ?? "",
                        isWhole: index < whole
                    )
                )
            } else if index >= whole || inputs[index] != nil {
                return texts
            }
            // What is not the text has to be judged before the next block can go out.
            if hasOthers { return texts }
        }
        return texts
    }

    private static func saysAnything(_ block: JSONValue) -> Bool {
        !CollectedAnswer(["content": .array([block])], form: .message).segments.isEmpty
    }

    /// The member of a block that may go out piece by piece.
    static func flowing(_ block: JSONObject) -> String? {
        switch block["type"]?.string {
        case "text": "text"
        case "thinking": "thinking"
        default: nil
        }
    }

    /// - Throws: `ChatAPIError` with status 502.
    mutating func read(_ chunk: some Sequence<UInt8>) throws(ChatAPIError) {
        for event in try reader.read(chunk) { try add(event) }
    }

    private mutating func add(_ event: JSONObject) throws(ChatAPIError) {
        guard !isComplete else { throw .badAnswer("its event stream goes on behind its end") }
        let type = event["type"]?.string
        switch type {
        case "ping": return
        case "error":
            events.append(.object(event))
            isComplete = true
            return
        case "message_start":
            guard !hasBegun, let message = event["message"]?.object else {
                throw .badAnswer("a message_start is out of place")
            }
            begin(message)
            for block in message["content"]?.array ?? [] {
                blocks.append(block.object ?? JSONObject())
                whole += 1
            }
        case "content_block_start":
            guard hasBegun, event["index"]?.integer == blocks.count, whole == blocks.count,
                blocks.count < Self.blockLimit, let block = event["content_block"]?.object
            else { throw .badAnswer("a content_block_start is out of place") }
            blocks.append(block)
        case "content_block_delta":
            guard let delta = event["delta"]?.object, whole == blocks.count - 1, event["index"]?.integer == whole
            else { throw .badAnswer("a content_block_delta is out of place") }
            try add(delta, to: whole)
        case "content_block_stop":
            guard whole == blocks.count - 1, event["index"]?.integer == whole else {
                throw .badAnswer("a content_block_stop is out of place")
            }
            if let input = inputs[whole], !input.isEmpty { wholeInputs[whole] = Self.toolInput(reading: input) }
            whole += 1
        case "message_delta":
            guard hasBegun else { throw .badAnswer("a message_delta is out of place") }
            for member in event["delta"]?.object?.members ?? [] { head[member.name] = member.value }
            var usage = head["usage"]?.object ?? JSONObject()
            for member in event["usage"]?.object?.members ?? [] { usage[member.name] = member.value }
            head["usage"] = .object(usage)
            for member in event.without(["type", "delta", "usage"]).members { head[member.name] = member.value }
        case "message_stop":
            guard hasBegun, whole == blocks.count else { throw .badAnswer("a message_stop is out of place") }
            isComplete = true
        default: events.append(.object(event))
        }
    }

    private mutating func add(_ delta: JSONObject, to index: Int) throws(ChatAPIError) {
        switch delta["type"]?.string {
        case "text_delta": join(delta["text"], to: "text", of: index)
        case "thinking_delta": join(delta["thinking"], to: "thinking", of: index)
        case "signature_delta": join(delta["signature"], to: "signature", of: index)
        case "input_json_delta": inputs[index, default: ""] += delta["partial_json"]?.string ?? ""
        case "citations_delta":
            blocks[index]["citations"] = .array(
                (blocks[index]["citations"]?.array ?? []) + [delta["citation"] ?? .null]
            )
        default:
            blocks[index]["deltas"] = .array((blocks[index]["deltas"]?.array ?? []) + [.object(delta)])
        }
    }

    /// Adds to a string in place: an answer of many pieces must not be copied once for each.
    private mutating func join(_ addition: JSONValue?, to name: String, of index: Int) {
        guard let addition = addition?.string else { return }
        var text = blocks[index][name]?.string ?? ""
        blocks[index][name] = .null
        text += addition
        blocks[index][name] = .string(text)
    }
}
