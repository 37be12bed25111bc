/// Writes the events of a streamed response, and knows how far it has come.
///
/// A text is repeated when it ends, when its item ends and when the response ends; what is repeated is what went out.
struct ResponseEventWriter: Sendable {
    private var sequence = 0
    private(set) var hasStarted = false
    private var openItem: (index: Int, item: JSONObject)?
    private(set) var openPart: (place: ResponsePlace, kind: ResponsePart, part: JSONObject)?
    private var sent = ""
    /// Items that are out, as they went out.
    private(set) var done: [JSONValue] = []
    private(set) var begun: Set<Int> = []

    /// A message of our own that holds one text.
    static func message(id: String, text: String) -> JSONObject {
        var part = ResponsePart.outputText.empty
        part["text"] = .string(text)
        return [
            "id": .string(id), "type": .string("message"), "role": .string("assistant"),
            "status": .string("incomplete"), "content": .array([.object(part)]),
        ]
    }

    mutating func event(_ type: String, _ members: JSONObject) -> [UInt8] {
        let object: JSONObject = ["type": .string(type), "sequence_number": .number(String(sequence))]
        sequence += 1
        let data = JSONWriter.bytes(.object(JSONObject(object.members + members.members)))
        return EventStreamWriter.bytes(ServerSentEvent(name: type, data: String(decoding: data, as: UTF8.self)))
    }

    /// The first events, once.
    mutating func start(_ frame: JSONObject) -> [UInt8] {
        guard !hasStarted else { return [] }
        hasStarted = true
        var response = frame
        response["status"] = .string("in_progress")
        response["incomplete_details"] = .null
        // Of one that was held, the end is known.
        if response["error"] != nil { response["error"] = .null }
        response["output"] = .array([])
        let members: JSONObject = ["response": .object(response)]
        return event("response.created", members) + event("response.in_progress", members)
    }

    /// The type of the events about what a tool is called with, without the last word; nil for an item whose arguments have none.
    private static func argumentsEvent(of item: JSONObject) -> String? {
        guard item["arguments"]?.string != nil else { return nil }
        return switch item["type"]?.string {
        case "function_call": "response.function_call_arguments"
        case "mcp_call": "response.mcp_call_arguments"
        default: nil
        }
    }

    /// Opens the item, if it is not open: without its parts, and without arguments that come by events of their own.
    mutating func open(_ index: Int, as item: JSONObject) -> [UInt8] {
        guard openItem?.index != index else { return [] }
        openItem = (index, item)
        var empty = item
        for list in ResponsePart.lists where empty[list] != nil { empty[list] = .array([]) }
        if Self.argumentsEvent(of: item) != nil { empty["arguments"] = .string("") }
        if empty["status"] != nil { empty["status"] = .string("in_progress") }
        for list in ResponsePart.lists where item[list] != nil { openItem?.item[list] = .array([]) }
        return event("response.output_item.added", ["output_index": index.json, "item": .object(empty)])
    }

    /// Opens a part of the open item, if it is not open, and closes the one before it.
    mutating func open(_ place: ResponsePlace, as kind: ResponsePart, _ part: JSONObject) -> [UInt8] {
        guard openPart?.place != place else { return [] }
        var bytes = closePart()
        openPart = (place, kind, part)
        // What stands beside the text is told when the part ends.
        if part["annotations"] != nil { openPart?.part["annotations"] = .array([]) }
        sent = ""
        begun.insert(place.number)
        bytes += event(ResponsePart.frame(list: place.list) + ".added", where: place, ["part": .object(kind.empty)])
        return bytes
    }

    /// A piece of the open part's text.
    mutating func text(_ text: String) -> [UInt8] {
        guard let (place, kind, _) = openPart, !text.isEmpty else { return [] }
        sent += text
        var members: JSONObject = ["delta": .string(text)]
        if kind == .outputText { members["logprobs"] = .array([]) }
        return event(kind.event + ".delta", where: place, members)
    }

    /// The most bytes of a name that all events about an item repeat.
    private static let mostNameBytes = 1024

    /// What events call an item. What is longer, or no string, would be sent with each piece of a text: it stands in the item alone.
    private static func name(of item: JSONObject?) -> JSONValue {
        guard let name = item?["id"]?.string, name.utf8.count <= mostNameBytes else { return .string("") }
        return .string(name)
    }

    private mutating func event(_ type: String, where place: ResponsePlace, _ members: JSONObject) -> [UInt8] {
        let index = place.list == "summary" ? "summary_index" : "content_index"
        let position: JSONObject = [
            "item_id": Self.name(of: openItem?.item), "output_index": place.item.json, index: place.part.json,
        ]
        return event(type, JSONObject(position.members + members.members))
    }

    mutating func closePart() -> [UInt8] {
        guard let (place, kind, begun) = openPart else { return [] }
        openPart = nil
        var part = begun
        part[kind.text] = .string(sent)
        if part["logprobs"] != nil { part["logprobs"] = .array([]) }
        // Clients count on the list, and what stood in it may have been left out.
        if kind == .outputText, part["annotations"] == nil { part["annotations"] = .array([]) }
        var bytes: [UInt8] = []
        var members: JSONObject = [kind.text: .string(sent)]
        if kind == .outputText {
            members["logprobs"] = .array([])
            for (number, annotation) in (part["annotations"]?.array ?? []).enumerated() {
                let told: JSONObject = ["annotation_index": number.json, "annotation": annotation]
                bytes += event("response.output_text.annotation.added", where: place, told)
            }
        }
        bytes += event(kind.event + ".done", where: place, members)
        bytes += event(ResponsePart.frame(list: place.list) + ".done", where: place, ["part": .object(part)])
        keep(.object(part), in: place.list)
        return bytes
    }

    /// A part that is not written by deltas.
    mutating func whole(_ part: JSONValue, at place: ResponsePlace) -> [UInt8] {
        var bytes = closePart()
        bytes += event(ResponsePart.frame(list: place.list) + ".added", where: place, ["part": part])
        bytes += event(ResponsePart.frame(list: place.list) + ".done", where: place, ["part": part])
        keep(part, in: place.list)
        return bytes
    }

    private mutating func keep(_ part: JSONValue, in list: String) {
        let parts = openItem?.item[list]?.array ?? []
        openItem?.item[list] = .array(parts + [part])
    }

    /// Closes the open item.
    ///
    /// - Parameter status: what is said of it; nil for what the upstream said.
    mutating func closeItem(status: String? = nil) -> [UInt8] {
        var bytes = closePart()
        guard let index = openItem?.index, var item = openItem?.item else { return bytes }
        openItem = nil
        if let status { item["status"] = .string(status) }
        if let kind = Self.argumentsEvent(of: item), let arguments = item["arguments"] {
            let position: JSONObject = ["item_id": Self.name(of: item), "output_index": index.json]
            let delta: JSONObject = ["delta": arguments]
            let whole: JSONObject = ["arguments": arguments, "name": item["name"] ?? .string("")]
            bytes += event(kind + ".delta", JSONObject(position.members + delta.members))
            bytes += event(kind + ".done", JSONObject(position.members + whole.members))
        }
        bytes += event("response.output_item.done", ["output_index": index.json, "item": .object(item)])
        done.append(.object(item))
        return bytes
    }

    /// Writes all items before `end` that are not out, and what is left of the open one.
    ///
    /// - Parameter texts: what is left of texts that went out in part, or were judged in parts. Without it, what there was of
    ///   the open text has gone out.
    mutating func finish(before end: Int, of items: [JSONObject], texts: [Int: String]? = nil) -> [UInt8] {
        var bytes: [UInt8] = []
        while done.count < min(end, items.count) {
            let index = done.count
            bytes += open(index, as: items[index])
            for list in ResponsePart.lists {
                for position in 0..<(items[index][list]?.array?.count ?? 0) {
                    let place = ResponsePlace(item: index, list: list, part: position)
                    bytes += part(at: place, of: items[index], texts: texts)
                }
            }
            // What the item says beside its parts is what it says at its end.
            var item = items[index]
            for list in ResponsePart.lists where item[list] != nil {
                item[list] = openItem?.item[list] ?? .array([])
            }
            openItem?.item = item
            bytes += closeItem()
        }
        return bytes
    }

    /// Writes a part of the open item that is not out, or what is left of the open one.
    mutating func part(at place: ResponsePlace, of item: JSONObject, texts: [Int: String]?) -> [UInt8] {
        let isOut = (openItem?.item[place.list]?.array?.count ?? 0) > place.part
        guard !isOut, let value = item[place.list]?.array?[place.part] else { return [] }
        guard let part = value.object, let kind = ResponsePart(type: part["type"]?.string),
            let whole = part[kind.text]?.string
        else { return self.whole(value, at: place) }
        let isOpen = openPart?.place == place
        var bytes = open(place, as: kind, part)
        openPart?.part = part
        let text = texts?[place.number] ?? (isOpen ? "" : whole)
        for piece in TextPieces.of(text) { bytes += self.text(piece) }
        return bytes + closePart()
    }
}

extension Int {
    fileprivate var json: JSONValue { .number(String(self)) }
}
