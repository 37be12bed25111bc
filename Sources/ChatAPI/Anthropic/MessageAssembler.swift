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
    private(set) var hasBegun = false
    /// The message without its blocks.
    private(set) var head = JSONObject()
    /// The same as it was at the beginning: what comes of it at the end is told there.
    private(set) var firstHead = JSONObject()
    private(set) var blocks: [JSONObject] = []
    /// What they hold beside the text that may go out piece by piece. It is asked for with each piece, and the block is not read anew
    /// each time.
    private var beside: [Beside] = []
    /// The number of blocks that are whole.
    private var whole = 0
    private var events: [JSONValue] = []
    private var inputs: [Int: String] = [:]
    /// Inputs of which no more comes.
    private var wholeInputs: [Int: JSONValue] = [:]
    /// What the inputs took of the limits of one text.
    private var inputUse = JSONUse()
    private(set) var isComplete = false

    /// Whether something in a block says anything that is not its text.
    private struct Beside {
        /// It goes out with the beginning of the text.
        var before = false
        /// It comes behind the text.
        var behind = false
    }

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
        guard isComplete else { return .string(text) }
        var use = inputUse
        return Self.toolInput(reading: text, use: &use)
    }

    private static func toolInput(reading text: String, use: inout JSONUse) -> JSONValue {
        (try? JSONParser.parse(Array(text.utf8), limits: JSONLimits(), use: &use)) ?? .string(text)
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
            if let member = Self.flowing(block) {
                if beside[index].before { return texts }
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
            if beside[index].before || beside[index].behind { return texts }
        }
        return texts
    }

    private static func saysAnything(_ block: JSONObject) -> Bool {
        !CollectedAnswer(["content": .array([.object(block)])], form: .message).segments.isEmpty
    }

    /// What a block holds from its beginning. Whatever comes later is told when it comes.
    private static func beside(_ block: JSONObject) -> Beside {
        // A list of citations comes behind the text, and anything else there would go out with its beginning.
        let later: Set<String> = block["citations"]?.array == nil ? ["deltas"] : ["deltas", "citations"]
        let behind = block.members.filter { later.contains($0.name) || $0.name == "type" }
        var before = block.without(later)
        if let member = flowing(block) { before[member] = nil }
        return Beside(before: saysAnything(before), behind: saysAnything(JSONObject(behind)))
    }

    /// Notes what a delta adds to a block beside its text.
    private mutating func note(_ member: JSONObject.Member, of index: Int, _ place: WritableKeyPath<Beside, Bool>) {
        guard !beside[index][keyPath: place] else { return }
        let type = blocks[index].members.filter { $0.name == "type" }
        beside[index][keyPath: place] = Self.saysAnything(JSONObject(type + [member]))
    }

    private mutating func open(_ block: JSONObject) throws(ChatAPIError) {
        guard blocks.count < Self.blockLimit else { throw .badAnswer("it has more than \(Self.blockLimit) blocks") }
        guard block.isMergeable else { throw JSONObject.tooManyMembers }
        blocks.append(block)
        beside.append(Self.beside(block))
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
                try open(block.object ?? JSONObject())
                whole += 1
            }
        case "content_block_start":
            guard hasBegun, event["index"]?.integer == blocks.count, whole == blocks.count,
                let block = event["content_block"]?.object
            else { throw .badAnswer("a content_block_start is out of place") }
            try open(block)
        case "content_block_delta":
            guard let delta = event["delta"]?.object, whole == blocks.count - 1, event["index"]?.integer == whole
            else { throw .badAnswer("a content_block_delta is out of place") }
            try add(delta, to: whole)
        case "content_block_stop":
            guard whole == blocks.count - 1, event["index"]?.integer == whole else {
                throw .badAnswer("a content_block_stop is out of place")
            }
            if let input = inputs[whole], !input.isEmpty {
                wholeInputs[whole] = Self.toolInput(reading: input, use: &inputUse)
            }
            // What came in pieces may say something as a whole.
            beside[whole].before = Self.beside(blocks[whole]).before
            whole += 1
        case "message_delta":
            guard hasBegun else { throw .badAnswer("a message_delta is out of place") }
            for member in event["delta"]?.object?.members ?? [] { try head.merge(member) }
            var usage = head["usage"]?.object ?? JSONObject()
            for member in event["usage"]?.object?.members ?? [] { try usage.merge(member) }
            head["usage"] = .object(usage)
            for member in event.without(["type", "delta", "usage"]).members { try head.merge(member) }
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
        case "citations_delta": try append(delta["citation"] ?? .null, to: "citations", of: index)
        // A text may come in any number of pieces, of a kind that is not known, too.
        default: try append(.object(delta), to: "deltas", of: index, limit: .max)
        }
    }

    private mutating func append(
        _ item: JSONValue,
        to list: String,
        of index: Int,
        limit: Int = JSONObject.mostItems
    ) throws(ChatAPIError) {
        try blocks[index].append([item], to: list, limit: limit)
        note(.init(name: list, value: .array([item])), of: index, \.behind)
    }

    /// Adds to a string in place: an answer of many pieces must not be copied once for each.
    private mutating func join(_ addition: JSONValue?, to name: String, of index: Int) {
        guard let addition = addition?.string else { return }
        var text = blocks[index][name]?.string ?? ""
        blocks[index][name] = .null
        text += addition
        blocks[index][name] = .string(text)
        if name != Self.flowing(blocks[index]) {
            note(.init(name: name, value: .string(addition)), of: index, \.before)
        }
    }
}
