/// A streamed answer of Gemini's: each event holds further parts of the candidates. Parts that are text flow; from the
/// first part of another kind on, a candidate's parts wait for the end.
package struct GeneratedContentStream: DialectStream {
    /// Why a candidate ended that was withheld, or a part of it.
    static let filteredReason = "SAFETY"
    /// The most candidates of an answer.
    static let candidateLimit = 128
    /// The most parts of a candidate: each may be judged by itself.
    static let partLimit = 4096

    private var reader: EventReader
    /// Everything but the candidates.
    private var head = JSONObject()
    /// What each event says about the answer.
    private var eventFrame = EventFrame()
    private var candidates: [Int: JSONObject] = [:]
    private var parts: [Int: [JSONObject]] = [:]
    private var errors: [JSONValue] = []
    package private(set) var begun: Set<Int> = []

    package init(limits: JSONLimits = JSONLimits()) {
        reader = EventReader(.serverSentEvents, limits: limits)
    }

    /// An answer of our own.
    init(frame: JSONObject) {
        reader = EventReader(.serverSentEvents)
        head = frame
        for member in frame.members { eventFrame.take(member, plain: Self.plain) }
    }

    // MARK: Reading

    package mutating func read(_ chunk: some Sequence<UInt8>) throws(ChatAPIError) {
        for event in try reader.read(chunk) {
            guard event["error"] == nil else {
                errors.append(.object(event))
                continue
            }
            for member in event.members where member.name != "candidates" {
                try head.merge(member)
                if !Self.lastMembers.contains(member.name) { eventFrame.take(member, plain: Self.plain) }
            }
            for (position, item) in (event["candidates"]?.array ?? []).enumerated() {
                guard let candidate = item.object else { throw .badAnswer("a candidate is not an object") }
                let index = candidate["index"]?.integer ?? position
                guard (0..<Self.candidateLimit).contains(index) else {
                    throw .badAnswer("a candidate has the index \(index)")
                }
                try add(candidate, to: index)
            }
        }
    }

    private mutating func add(_ addition: JSONObject, to index: Int) throws(ChatAPIError) {
        var candidate = candidates[index] ?? ["index": .number(String(index))]
        for member in addition.without(["content", "index", "logprobsResult"]).members { try candidate.merge(member) }
        var content = candidate["content"]?.object ?? JSONObject()
        let added = addition["content"]?.object ?? JSONObject()
        for member in added.members where member.name != "parts" { try content.merge(member) }
        if !content.members.isEmpty { candidate["content"] = .object(content) }
        candidates[index] = candidate
        for item in added["parts"]?.array ?? [] {
            guard let part = item.object else { throw .badAnswer("a part is not an object") }
            try addPart(part, to: index)
        }
    }

    /// Adds a part, to the text before it if it goes on with that.
    private mutating func addPart(_ part: JSONObject, to index: Int) throws(ChatAPIError) {
        if goesOn(part, of: index), let end = part["text"]?.string {
            let position = (parts[index]?.count ?? 1) - 1
            // In place: an answer of many pieces must not be copied once for each.
            var text = parts[index]?[position]["text"]?.string ?? ""
            parts[index]?[position]["text"] = .null
            text += end
            parts[index]?[position]["text"] = .string(text)
        } else {
            guard parts[index, default: []].count < Self.partLimit else {
                throw .badAnswer("a candidate has more than \(Self.partLimit) parts")
            }
            parts[index, default: []].append(part)
        }
    }

    /// Whether a part is a piece of the text that the one before it holds.
    private func goesOn(_ part: JSONObject, of index: Int) -> Bool {
        guard let last = parts[index]?.last else { return false }
        return Self.isPlain(last) && Self.isPlain(part) && last["thought"] == part["thought"]
    }

    /// Whether a part is text, or a thought, and nothing else.
    private static func isPlain(_ part: JSONObject) -> Bool {
        part["text"]?.string != nil
            && part.members.allSatisfy { member in
                member.name == "text" || member.name == "thought" && member.value.bool != nil
            }
    }

    /// A stream of this API just ends; it is complete if every candidate says why it did.
    package var isComplete: Bool {
        if !errors.isEmpty { return true }
        if candidates.isEmpty { return head["promptFeedback"]?.object?["blockReason"] != nil }
        return candidates.values.allSatisfy { $0["finishReason"]?.string != nil }
    }

    private var body: JSONObject {
        var body = head
        if !candidates.isEmpty {
            body["candidates"] = .array(
                candidates.keys.sorted().map { index in
                    var candidate = candidates[index] ?? JSONObject()
                    if let parts = parts[index] {
                        var content = candidate["content"]?.object ?? JSONObject()
                        content["parts"] = .array(parts.map { .object($0) })
                        candidate["content"] = .object(content)
                    }
                    return .object(candidate)
                }
            )
        }
        if !errors.isEmpty { body["errors"] = .array(errors) }
        return body
    }

    package var answer: any DialectAnswer { CollectedAnswer(body, form: .generatedContent) }
    package let isSequential = true
    package let mayBegin = true

    package var texts: [StreamedText] {
        var texts: [StreamedText] = []
        for (position, index) in candidates.keys.sorted().enumerated() {
            let parts = parts[index] ?? []
            for (number, part) in parts.enumerated() {
                guard Self.isPlain(part) else { break }
                texts.append(
                    StreamedText(
                        number: Self.number(candidate: index, part: number),
                        path: "/candidates/\(position)/content/parts/\(number)/text",
                        text: part["text"]?.string ?? "",
                        // A reason to finish is no end: some upstreams give one with each piece.
                        isWhole: number < parts.count - 1
                    )
                )
            }
        }
        return texts
    }

    private static func number(candidate: Int, part: Int) -> Int { candidate * partLimit + part }

    // MARK: Writing

    /// Members that are told once, at the end.
    private static let lastMembers: Set<String> = ["usageMetadata", "promptFeedback"]

    private static func plain(_ object: JSONObject) -> JSONObject {
        CollectedAnswer.plain(object, form: .generatedContent)
    }

    private func event(_ candidate: JSONObject, frame: JSONObject? = nil) -> [UInt8] {
        var event: JSONObject = ["candidates": .array([.object(candidate)])]
        for member in (frame ?? eventFrame.object).members { event[member.name] = member.value }
        return EventStreamWriter.bytes(.object(event))
    }

    private func event(_ part: JSONObject, of index: Int, frame: JSONObject? = nil) -> [UInt8] {
        let content: JSONObject = ["parts": .array([.object(part)]), "role": .string("model")]
        return event(["content": .object(content), "index": .number(String(index))], frame: frame)
    }

    package mutating func piece(_ text: String, of number: Int) -> [UInt8] {
        begun.insert(number)
        let (index, position) = number.quotientAndRemainder(dividingBy: Self.partLimit)
        var part = parts[index]?.indices.contains(position) == true ? parts[index]?[position] ?? [:] : [:]
        part["text"] = .string(text)
        return event(part, of: index)
    }

    /// An empty line: the API has no comments, and its client takes them for errors.
    package mutating func pulse() -> [UInt8] { [0x0A] }

    package mutating func rest(of answer: any DialectAnswer, texts: [Int: String]) -> [UInt8] {
        let body = answer.body.object ?? JSONObject()
        var bytes: [UInt8] = []
        // As they were edited.
        let whole = body.without(["candidates", "errors"])
        let frame = EventFrame.divided(whole.without(Self.lastMembers)).repeated
        let all = (body["candidates"]?.array ?? []).compactMap(\.object)
        for (position, candidate) in all.enumerated() {
            let index = candidate["index"]?.integer ?? position
            for (number, item) in (candidate["content"]?.object?["parts"]?.array ?? []).enumerated() {
                guard var part = item.object else { continue }
                let text = texts[Self.number(candidate: index, part: number)] ?? part["text"]?.string
                guard let text, Self.isPlain(part) else {
                    bytes += event(part, of: index, frame: frame)
                    continue
                }
                for piece in TextPieces.of(text) {
                    part["text"] = .string(piece)
                    bytes += event(part, of: index, frame: frame)
                }
            }
            var end = candidate.without(["content"])
            end["content"] = .object(["parts": .array([.object(["text": .string("")])]), "role": .string("model")])
            bytes += event(end, frame: position == all.count - 1 ? whole : frame)
        }
        if all.isEmpty, !whole.members.isEmpty { bytes += EventStreamWriter.bytes(.object(whole)) }
        for error in body["errors"]?.array ?? [] { bytes += EventStreamWriter.bytes(error) }
        return bytes
    }

    package mutating func filtered(saying words: [String]) -> [UInt8] {
        var bytes: [UInt8] = []
        for index in Set(begun.map { $0 / Self.partLimit }).sorted() {
            for word in words { bytes += event(["text": .string(word)], of: index) }
            bytes += event([
                "content": .object(["parts": .array([.object(["text": .string("")])]), "role": .string("model")]),
                "finishReason": .string(Self.filteredReason),
                "index": .number(String(index)),
            ])
        }
        return bytes
    }

    package mutating func failed(_ error: ChatAPIError) -> [UInt8] {
        EventStreamWriter.bytes(.object(ErrorForm.gemini.object(of: error)))
    }
}
