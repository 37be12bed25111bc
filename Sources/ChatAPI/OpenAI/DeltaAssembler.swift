/// Puts a streamed answer together, so that it can be judged as the caller would read it.
///
/// The result has the shape of an answer that was not streamed. Strings of a delta are joined in the order they came;
/// calls of tools are joined by their index; everything else keeps its last value. Whatever a delta holds beside the known
/// members is joined too, so that an upstream's own additions are judged like the rest.
package struct DeltaAssembler {
    private var parser: EventStreamParser
    private let limits: JSONLimits
    private var head = JSONObject()
    private var choices: [Int: JSONObject] = [:]
    /// Events that are no chunk of a completion, such as an error in the middle of the stream.
    private var others: [JSONValue] = []
    private var isDone = false
    private var count = 0

    package init(limits: JSONLimits = JSONLimits()) {
        self.limits = limits
        parser = EventStreamParser(limit: limits.bytes)
    }

    /// - Throws: `ChatAPIError` with status 502 if the stream is not what the dialect says.
    package mutating func read(_ chunk: some Sequence<UInt8>) throws(ChatAPIError) {
        let events: [ServerSentEvent]
        do throws(EventStreamParser.Failure) {
            events = try parser.read(chunk)
        } catch {
            throw ChatCompletion.badAnswer("its event stream cannot be read (\(error))")
        }
        for event in events {
            if event.data == "[DONE]" {
                isDone = true
            } else if isDone {
                throw ChatCompletion.badAnswer("its event stream goes on behind its end")
            } else {
                try add(event)
            }
        }
    }

    /// The answer so far. An unfinished event is left out, as a client would leave it out.
    package var completion: ChatCompletion {
        var body = head
        body["object"] = .string("chat.completion")
        body["choices"] = .array(
            choices.sorted { $0.key < $1.key }.map { index, choice in
                var choice = choice
                choice["index"] = .number(String(index))
                return .object(choice)
            }
        )
        if !others.isEmpty { body["events"] = .array(others) }
        return ChatCompletion(.object(body))
    }

    /// Whether the stream said that it was complete.
    package var isComplete: Bool { isDone }

    private mutating func add(_ event: ServerSentEvent) throws(ChatAPIError) {
        count += 1
        guard count <= limits.values else { throw ChatCompletion.badAnswer("it has more than \(limits.values) events") }
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONParser.parse(Array(event.data.utf8), limits: limits)
        } catch {
            throw ChatCompletion.badAnswer("an event is not valid JSON: \(error)")
        }
        guard let chunk = value.object, let items = chunk["choices"]?.array else {
            others.append(value)
            return
        }
        for member in chunk.members where member.name != "choices" && !member.value.isNull {
            head[member.name] = member.value
        }
        for (position, item) in items.enumerated() {
            guard let choice = item.object else { throw ChatCompletion.badAnswer("a choice is not an object") }
            let index = choice["index"]?.integer ?? position
            guard (0..<128).contains(index) else { throw ChatCompletion.badAnswer("a choice has the index \(index)") }
            choices[index] = try Self.merge(choice, into: choices[index] ?? JSONObject())
        }
    }

    private static func merge(_ choice: JSONObject, into whole: JSONObject) throws(ChatAPIError) -> JSONObject {
        var whole = whole
        for member in choice.members {
            switch member.name {
            case "index": continue
            case "delta":
                let message = whole["message"] ?? .object(["role": .string("assistant")])
                whole["message"] = try join(message, member.value, name: "")
            case "logprobs": continue
            default: if !member.value.isNull { whole[member.name] = member.value }
            }
        }
        return whole
    }

    /// Members of a delta that name something and are not pieces of a text.
    private static let whole: Set<String> = ["role", "id", "type"]

    private static func join(_ left: JSONValue, _ right: JSONValue, name: String) throws(ChatAPIError) -> JSONValue {
        switch (left, right) {
        case (_, .null): return left
        case (.null, _): return try indexed(right)
        case (.string(let start), .string(let end)):
            return whole.contains(name) ? right : .string(start + end)
        case (.object(var object), .object(let additions)):
            for member in additions.members where member.name != "index" {
                object[member.name] = try join(object[member.name] ?? .null, member.value, name: member.name)
            }
            return .object(object)
        case (.array(var items), .array(let additions)):
            for (position, addition) in additions.enumerated() {
                let index = addition.object?["index"]?.integer ?? position
                guard (0...items.count).contains(index), index < 256 else {
                    throw ChatCompletion.badAnswer("a delta has the index \(index) out of order")
                }
                let part = index < items.count ? items[index] : .object(JSONObject())
                let joined = try join(part, addition, name: "")
                if index < items.count { items[index] = joined } else { items.append(joined) }
            }
            return .array(items)
        default: return right
        }
    }

    /// The first value of a list in a delta: its items are placed by their index like later ones.
    private static func indexed(_ value: JSONValue) throws(ChatAPIError) -> JSONValue {
        guard case .array(let items) = value, items.contains(where: { $0.object?["index"] != nil }) else {
            return value
        }
        return try join(.array([]), value, name: "")
    }
}
