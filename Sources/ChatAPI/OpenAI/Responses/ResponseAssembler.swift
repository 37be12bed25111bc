/// Puts a streamed response together, in the shape of one that was not streamed.
///
/// An item is what its last event says it is; what came of its texts before has to be the same. Events that only tell how
/// far a tool has come are dropped: what came of it stands in its item.
struct ResponseAssembler: Sendable {
    private var reader: EventReader
    private(set) var hasBegun = false
    /// The response without its output.
    private(set) var head = JSONObject()
    private(set) var items: [JSONObject] = []
    /// Items of which no more comes.
    private var wholeItems: Set<Int> = []
    /// Texts of which no more comes.
    private var wholeTexts: Set<ResponsePlace> = []
    /// Parts of which no more comes: what stands beside a text is told when its part ends.
    private var wholeParts: Set<ResponsePlace> = []
    private var events: [JSONValue] = []
    /// The type of the event that ended the response.
    private(set) var end: String?

    init(limits: JSONLimits = JSONLimits()) {
        reader = EventReader(.serverSentEvents, limits: limits)
    }

    /// Takes a response that has no output yet.
    mutating func begin(_ response: JSONObject) {
        hasBegun = true
        head = response.without(["output"])
    }

    var isComplete: Bool { end != nil }

    /// The answer so far.
    var response: JSONObject {
        var response = head
        response["output"] = .array(items.map { .object($0) })
        if !events.isEmpty { response["events"] = .array(events) }
        return response
    }

    /// What may be said about the response before it was judged: its members that hold words are left empty, and those that
    /// nobody knows out.
    var frame: JSONObject {
        let known = JSONObject(
            head.members.map { member in
                let hasWords = !CollectedAnswer(JSONObject([member]), form: .response).segments.isEmpty
                return hasWords ? .init(name: member.name, value: member.value.emptied) : member
            }
        )
        return CollectedAnswer.plain(known, form: .response)
    }

    /// Not before the response may be named: clients hold every later event to the name that the first one gives.
    var mayBegin: Bool {
        let name = JSONObject(head.members.filter { $0.name == "id" })
        return hasBegun && CollectedAnswer(name, form: .response).segments.isEmpty
    }

    func item(_ index: Int) -> JSONObject { items.indices.contains(index) ? items[index] : JSONObject() }

    /// The texts in front of the first item, or part, that has to be whole before it can be judged.
    var texts: [StreamedText] {
        var texts: [StreamedText] = []
        for (index, item) in items.enumerated() {
            let (own, isFlowing) = self.texts(of: item, at: index)
            texts += own
            guard isFlowing, wholeItems.contains(index) else { return texts }
        }
        return texts
    }

    /// - Returns: the item's texts, and whether there is nothing else in it that has to be judged.
    private func texts(of item: JSONObject, at index: Int) -> (texts: [StreamedText], isFlowing: Bool) {
        guard ["message", "reasoning"].contains(item["type"]?.string) else { return ([], Self.isPlain(item)) }
        // What is told of an item names it, from its beginning on.
        guard Self.isPlain(JSONObject(item.members.filter { $0.name == "id" })) else { return ([], false) }
        var texts: [StreamedText] = []
        for list in ResponsePart.lists {
            for (position, part) in (item[list]?.array ?? []).enumerated() {
                guard let part = part.object, let kind = ResponsePart(type: part["type"]?.string),
                    let text = part[kind.text]?.string, kind.list == list
                else { return (texts, false) }
                let place = ResponsePlace(item: index, list: list, part: position)
                let isWhole = wholeTexts.contains(place) || wholeItems.contains(index)
                texts.append(
                    StreamedText(
                        number: place.number,
                        path: "\(place.path)/\(kind.text)",
                        text: text,
                        isWhole: isWhole
                    )
                )
                // The next part closes this one.
                guard wholeParts.contains(place) || wholeItems.contains(index),
                    Self.isPlain(part.without([kind.text, "logprobs"]))
                else { return (texts, false) }
            }
        }
        return (texts, Self.isPlain(item.without(["summary", "content"])))
    }

    private static func isPlain(_ object: JSONObject) -> Bool {
        CollectedAnswer(["output": .array([.object(object)])], form: .response).segments.isEmpty
    }

    /// - Throws: `ChatAPIError` with status 502.
    mutating func read(_ chunk: some Sequence<UInt8>) throws(ChatAPIError) {
        for event in try reader.read(chunk) { try add(event) }
    }

    private mutating func add(_ event: JSONObject) throws(ChatAPIError) {
        let type = event["type"]?.string ?? ""
        // OpenAI tells of an error twice: by itself, and by the response that failed.
        guard end == nil || end == "error" && type == "response.failed" else {
            throw .badAnswer("its event stream goes on behind its end")
        }
        switch type {
        case "response.created", "response.in_progress", "response.queued":
            if let response = event["response"]?.object { begin(response) }
        case "response.completed", "response.incomplete", "response.failed":
            guard let response = event["response"]?.object else { throw .badAnswer("a \(type) holds no response") }
            begin(response)
            if items.isEmpty { items = (response["output"]?.array ?? []).map { $0.object ?? JSONObject() } }
            wholeItems = Set(items.indices)
            end = type
        case "error":
            events.append(.object(event.without(["sequence_number"])))
            end = type
        case "response.output_item.added":
            guard let index = event["output_index"]?.integer, index == items.count, index < ResponsePlace.limit,
                let item = event["item"]?.object
            else { throw Self.misplaced(type) }
            guard item.isMergeable else { throw JSONObject.tooManyMembers }
            items.append(item)
        case "response.output_item.done":
            guard let index = event["output_index"]?.integer, let item = event["item"]?.object,
                (0...items.count).contains(index), index < ResponsePlace.limit, !wholeItems.contains(index)
            else { throw Self.misplaced(type) }
            guard item.isMergeable else { throw JSONObject.tooManyMembers }
            if index == items.count { items.append(item) }
            try replace(index, with: item)
        case "response.content_part.added", "response.reasoning_summary_part.added":
            let list = type.contains("summary") ? "summary" : "content"
            let position = event[list == "summary" ? "summary_index" : "content_index"]?.integer
            guard let index = openItem(of: event), let part = event["part"], let object = part.object,
                position == items[index][list]?.array?.count ?? 0, (position ?? 0) < ResponsePlace.limit
            else { throw Self.misplaced(type) }
            guard object.isMergeable else { throw JSONObject.tooManyMembers }
            items[index].append(part, to: list)
        case "response.content_part.done", "response.reasoning_summary_part.done": try endPart(event, type: type)
        // It stands in its part at the end.
        case "response.output_text.annotation.added": break
        default: try addText(event, type: type)
        }
    }

    private static func misplaced(_ type: String) -> ChatAPIError {
        .badAnswer("a \(String(type.prefix(60))) is out of place")
    }

    /// The item that an event adds to.
    private func openItem(of event: JSONObject) -> Int? {
        guard let index = event["output_index"]?.integer, items.indices.contains(index), !wholeItems.contains(index)
        else { return nil }
        return index
    }

    private mutating func addText(_ event: JSONObject, type: String) throws(ChatAPIError) {
        let isDelta = type.hasSuffix(".delta")
        guard isDelta || type.hasSuffix(".done"), let kind = ResponsePart(event: type.dropLast(isDelta ? 6 : 5))
        else { return }
        guard let index = openItem(of: event), let position = event[kind.index]?.integer,
            (0..<ResponsePlace.limit).contains(position)
        else { throw Self.misplaced(type) }
        let place = ResponsePlace(item: index, list: kind.list, part: position)
        // Some upstreams begin a text without saying so.
        if position == items[index][kind.list]?.array?.count ?? 0 {
            items[index].append(.object(kind.empty), to: kind.list)
        }
        guard !wholeTexts.contains(place), items[index].hasPart(at: place) else { throw Self.misplaced(type) }
        if isDelta {
            items[index].join(event["delta"]?.string ?? "", to: kind.text, at: place)
        } else {
            let known = items[index].text(kind.text, at: place)
            let text = event[kind.text]?.string ?? known
            guard known.isEmpty || known == text else { throw .badAnswer("a text differs from its deltas") }
            if known.isEmpty { items[index].join(text, to: kind.text, at: place) }
            wholeTexts.insert(place)
        }
    }

    /// Takes the part as it is at its end.
    private mutating func endPart(_ event: JSONObject, type: String) throws(ChatAPIError) {
        let list = type.contains("summary") ? "summary" : "content"
        guard let index = openItem(of: event), let part = event["part"]?.object,
            let position = event[list == "summary" ? "summary_index" : "content_index"]?.integer,
            (0..<ResponsePlace.limit).contains(position)
        else { throw Self.misplaced(type) }
        let place = ResponsePlace(item: index, list: list, part: position)
        guard !wholeParts.contains(place), let known = items[index].part(at: place) else { throw Self.misplaced(type) }
        if let kind = ResponsePart(type: known["type"]?.string) {
            let text = known[kind.text]?.string ?? ""
            guard text.isEmpty || part[kind.text]?.string == text, part["type"] == known["type"] else {
                throw .badAnswer("a text differs from its deltas")
            }
        }
        items[index].replace(.object(part), at: place)
        wholeTexts.insert(place)
        wholeParts.insert(place)
    }

    /// Takes the item as it is at its end.
    private mutating func replace(_ index: Int, with item: JSONObject) throws(ChatAPIError) {
        for list in ResponsePart.lists {
            for (position, part) in (items[index][list]?.array ?? []).enumerated() {
                guard let part = part.object, let kind = ResponsePart(type: part["type"]?.string) else { continue }
                let place = ResponsePlace(item: index, list: list, part: position)
                let known = part[kind.text]?.string ?? ""
                guard known.isEmpty || known == item.text(kind.text, at: place) else {
                    throw .badAnswer("a text differs from its deltas")
                }
            }
        }
        items[index] = item
        wholeItems.insert(index)
    }
}

extension JSONValue {
    /// Nothing, of the same kind.
    fileprivate var emptied: JSONValue {
        switch self {
        case .array: .array([])
        case .object: .object(JSONObject())
        default: .null
        }
    }
}

extension JSONObject {
    fileprivate mutating func append(_ part: JSONValue, to list: String) {
        self[list] = .array((self[list]?.array ?? []) + [part])
    }

    fileprivate func hasPart(at place: ResponsePlace) -> Bool { part(at: place) != nil }

    fileprivate func part(at place: ResponsePlace) -> JSONObject? {
        guard let parts = self[place.list]?.array, parts.indices.contains(place.part) else { return nil }
        return parts[place.part].object
    }

    fileprivate mutating func replace(_ part: JSONValue, at place: ResponsePlace) {
        guard var parts = self[place.list]?.array, parts.indices.contains(place.part) else { return }
        parts[place.part] = part
        self[place.list] = .array(parts)
    }

    fileprivate func text(_ name: String, at place: ResponsePlace) -> String {
        part(at: place)?[name]?.string ?? ""
    }

    /// Adds to a part's text in place: an answer of many pieces must not be copied once for each.
    fileprivate mutating func join(_ addition: String, to name: String, at place: ResponsePlace) {
        guard case .array(var parts) = self[place.list], case .object(var part) = parts[place.part] else { return }
        self[place.list] = .null
        parts[place.part] = .null
        var text = part[name]?.string ?? ""
        part[name] = .null
        text += addition
        part[name] = .string(text)
        parts[place.part] = .object(part)
        self[place.list] = .array(parts)
    }
}
