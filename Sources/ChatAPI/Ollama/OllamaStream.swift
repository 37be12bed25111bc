/// A streamed answer of Ollama: thoughts first, then the text; calls of tools, and everything else, at the end. Where thoughts go on
/// behind the beginning of the text, the rest of the text waits for the end.
package struct OllamaStream: DialectStream {
    /// Why an answer ended that was withheld, or a part of it.
    static let filteredReason = "content_filter"
    private static let thinking = 0
    private static let text = 1
    /// The members that are lists to which each line adds.
    private static let lists: Set<String> = ["tool_calls", "images"]

    private let operation: OllamaOperation
    private var reader: EventReader
    /// Everything but what the holder holds.
    private var head: JSONObject
    /// What each line says about the answer. Words in it are judged before anything goes out.
    private var frame = EventFrame()
    private var holder: JSONObject
    private var hasBegun: Bool
    /// Whether thoughts came behind the beginning of the text: more of them may come until the end.
    private var thinksAgain = false
    private let isOwn: Bool
    private var errors: [JSONValue] = []
    package private(set) var isComplete = false
    package private(set) var begun: Set<Int> = []

    package init(_ operation: OllamaOperation, limits: JSONLimits = JSONLimits()) {
        self.operation = operation
        reader = EventReader(.lines, limits: limits)
        head = JSONObject()
        holder = operation.holder == nil ? JSONObject() : ["role": .string("assistant")]
        hasBegun = false
        isOwn = false
    }

    /// An answer of our own.
    init(_ operation: OllamaOperation, head: JSONObject) {
        self.operation = operation
        reader = EventReader(.lines)
        self.head = head
        holder = operation.holder == nil ? JSONObject() : ["role": .string("assistant")]
        hasBegun = true
        isOwn = true
        for member in head.members { takeFrame(member) }
    }

    // MARK: Reading

    package mutating func read(_ chunk: some Sequence<UInt8>) throws(ChatAPIError) {
        for line in try reader.read(chunk) {
            guard !isComplete else { throw .badAnswer("its stream goes on behind its end") }
            guard line["error"] == nil else {
                errors.append(.object(line))
                isComplete = true
                continue
            }
            hasBegun = true
            let own = operation.holder.map { line[$0]?.object ?? JSONObject() } ?? line
            let hasText = holder[operation.text]?.string?.isEmpty == false
            for member in own.members where isText(member.name) || operation.holder != nil { try add(member) }
            if hasText, own["thinking"]?.string?.isEmpty == false { thinksAgain = true }
            for member in line.members
            where member.name != operation.holder && !(operation.holder == nil && isText(member.name)) {
                guard member.name != "logprobs" else { continue }
                try head.merge(member)
                takeFrame(member)
            }
            isComplete = line["done"]?.bool ?? false
        }
    }

    private func isText(_ name: String) -> Bool { name == operation.text || name == "thinking" }

    private static let frameMembers: Set<String> = ["model", "created_at"]

    private mutating func takeFrame(_ member: JSONObject.Member) {
        if Self.frameMembers.contains(member.name) { frame.take(member) { $0 } }
    }

    private mutating func add(_ member: JSONObject.Member) throws(ChatAPIError) {
        switch member.value {
        case .string(let addition) where isText(member.name):
            // In place: an answer of many pieces must not be copied once for each.
            var text = holder[member.name]?.string ?? ""
            holder[member.name] = .null
            text += addition
            holder[member.name] = .string(text)
        case .array(let items) where Self.lists.contains(member.name):
            try holder.append(items, to: member.name)
        case .null: break
        default: try holder.merge(member)
        }
    }

    private var body: JSONObject {
        var body = head
        if let name = operation.holder {
            body[name] = .object(holder)
        } else {
            for member in holder.members { body[member.name] = member.value }
        }
        if !errors.isEmpty { body["errors"] = .array(errors) }
        return body
    }

    package var answer: any DialectAnswer { CollectedAnswer(body, form: .ollama) }
    package let isSequential = true
    package var mayBegin: Bool { hasBegun && CollectedAnswer(frame.object, form: .ollama).segments.isEmpty }

    package var texts: [StreamedText] {
        let place = operation.holder.map { "/\($0)" } ?? ""
        let said = holder[operation.text]?.string ?? ""
        var texts: [StreamedText] = []
        if let thoughts = holder["thinking"]?.string, !thoughts.isEmpty {
            let isWhole = !said.isEmpty && !thinksAgain || isComplete
            texts.append(
                StreamedText(number: Self.thinking, path: "\(place)/thinking", text: thoughts, isWhole: isWhole)
            )
        }
        if !said.isEmpty {
            texts.append(
                StreamedText(number: Self.text, path: "\(place)/\(operation.text)", text: said, isWhole: isComplete)
            )
        }
        return texts
    }

    // MARK: Writing

    private func line(_ holder: JSONObject, head: JSONObject, isLast: Bool) -> [UInt8] {
        var line = head.without(["done"])
        if let name = operation.holder {
            line[name] = .object(holder)
        } else {
            for member in holder.members { line[member.name] = member.value }
        }
        line["done"] = .bool(isLast)
        return JSONWriter.bytes(.object(line)) + [0x0A]
    }

    /// A holder with nothing but a piece of a text; clients expect the text's member in each.
    private func holder(_ piece: String, of number: Int) -> JSONObject {
        var object: JSONObject = operation.holder == nil ? [:] : ["role": .string("assistant")]
        object[operation.text] = .string(number == Self.text ? piece : "")
        if number == Self.thinking { object["thinking"] = .string(piece) }
        return object
    }

    package mutating func piece(_ text: String, of number: Int) -> [UInt8] {
        begun.insert(isOwn ? Self.text : number)
        return line(holder(text, of: isOwn ? Self.text : number), head: frame.object, isLast: false)
    }

    package mutating func pulse() -> [UInt8] { line(holder("", of: Self.text), head: frame.object, isLast: false) }

    package mutating func rest(of answer: any DialectAnswer, texts: [Int: String]) -> [UInt8] {
        let body = answer.body.object ?? JSONObject()
        // As it was edited.
        let frame = EventFrame.divided(JSONObject(body.members.filter { Self.frameMembers.contains($0.name) })).repeated
        var last = operation.holder.map { body[$0]?.object ?? JSONObject() } ?? JSONObject()
        var bytes: [UInt8] = []
        for (number, name) in [(Self.thinking, "thinking"), (Self.text, operation.text)] {
            let whole = (operation.holder == nil ? body[name] : last[name])?.string ?? ""
            last[name] = nil
            for piece in TextPieces.of(texts[number] ?? whole) {
                bytes += line(holder(piece, of: number), head: frame, isLast: false)
            }
        }
        if let errors = body["errors"]?.array {
            return bytes + errors.flatMap { JSONWriter.bytes($0) + [0x0A] }
        }
        last[operation.text] = .string("")
        let end = body.without([operation.holder ?? "", "thinking", operation.text])
        return bytes + line(last, head: end, isLast: true)
    }

    package mutating func filtered(saying words: [String]) -> [UInt8] {
        var bytes: [UInt8] = []
        for word in words { bytes += line(holder(word, of: Self.text), head: frame.object, isLast: false) }
        var end = frame.object
        end["done_reason"] = .string(Self.filteredReason)
        return bytes + line(holder("", of: Self.text), head: end, isLast: true)
    }

    package mutating func failed(_ error: ChatAPIError) -> [UInt8] {
        ErrorForm.ollama.body(of: error) + [0x0A]
    }

    /// A whole answer of our own.
    static func filtered(_ text: String, head: JSONObject, operation: OllamaOperation) -> JSONObject {
        var object = head
        if let name = operation.holder {
            object[name] = .object(["role": .string("assistant"), operation.text: .string(text)])
        } else {
            object[operation.text] = .string(text)
        }
        object["done"] = .bool(true)
        object["done_reason"] = .string(filteredReason)
        return object
    }
}
