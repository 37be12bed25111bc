import GuardCore

/// Finds every string of a value that a reader could be told something with.
///
/// Nothing is left out by not being thought of: a string, or the name of a member, is scanned unless it is a short
/// identifier where the dialect has one, a name that the dialect has, or data that is no text (an image, a sound), which is
/// listed as unscanned.
struct TextCollector {
    private(set) var segments: [TextSegment] = []
    /// Strings that hold data and not text.
    private(set) var unscanned = UnscannedStrings()

    /// What repeats a text, by place, and what may stand there in its stead.
    private(set) var repetitions: [String: JSONValue] = [:]

    private let table: FieldTable
    private let isAnswer: Bool

    /// - Parameter isAnswer: whether the LLM says it, so that what it did not choose to say is no text.
    init(_ table: FieldTable, isAnswer: Bool = false) {
        self.table = table
        self.isAnswer = isAnswer
    }

    /// Lists a value that is not looked into.
    mutating func omit(_ value: JSONValue, at pointer: String) {
        unscanned.add(value, at: pointer)
    }

    /// Adds one text that does not stand in the body as a string of its own.
    mutating func add(_ segment: TextSegment) {
        if !segment.text.isEmpty { segments.append(segment) }
    }

    /// - Parameters:
    ///   - value: where to look.
    ///   - pointer: the place of `value`.
    ///   - role: whose words strings are.
    ///   - turn: the conversation turn that they belong to.
    ///   - member: the name of the member that holds `value`; that of an array is also that of its items.
    ///   - parent: the name of the member that holds the object around it.
    ///   - type: what that object says its type is.
    ///   - isItem: whether `value` is one of a list.
    ///   - isFree: whether the dialect says nothing about what stands here.
    mutating func collect(
        _ value: JSONValue,
        at pointer: String,
        role: Role,
        turn: Int?,
        member: String = "",
        parent: String = "",
        type: String? = nil,
        isItem: Bool = false,
        isFree: Bool = false
    ) {
        switch value {
        case .null, .bool: return
        case .number(let number):
            // Where the dialect says what a number is, it says nothing else. What a tool is called with may be anybody's number.
            guard isFree, let text = NumberText.telling(number) else { return }
            segments.append(TextSegment(path: pointer, role: role, turn: turn, text: text, kind: .name))
        case .string(let text):
            if text.isEmpty || member == "type" && FieldTable.schemaTypes.contains(text) { return }
            // A name that the caller gave says nothing about what stands under it.
            guard !isFree, !table.maps.contains(parent) else {
                return segments.append(TextSegment(path: pointer, role: role, turn: turn, text: text))
            }
            if table.isMedia(member, in: parent, type: type) { unscanned.addMedia(at: pointer) }
            // A list of short words may say anything.
            let isShort = Self.isIdentifier(text) && (!isItem || table.lists.contains(member))
            if isShort, table.identifiers.contains(member) { return }
            if table.isData(member, in: parent, type: type), Self.isData(text) { return omit(value, at: pointer) }
            let isName = isShort && table.names.contains(member)
            segments.append(
                TextSegment(path: pointer, role: role, turn: turn, text: text, kind: isName ? .name : .words)
            )
        case .array(let items):
            for (index, item) in items.enumerated() {
                // A list of tokens is long, and a place takes longer to write than the number to pass over.
                if !isFree, case .number = item { continue }
                collect(
                    item,
                    at: "\(pointer)/\(index)",
                    role: role,
                    turn: turn,
                    member: member,
                    parent: parent,
                    type: type,
                    isItem: true,
                    isFree: isFree
                )
            }
        case .object(let object):
            // Whether the dialect says what its members are.
            let hasFields = !isFree && !table.maps.contains(member)
            let type = hasFields ? object["type"]?.string : nil
            let described = hasFields ? table.description(in: member, type: type) : nil
            // What a tool is called with, and what it gives, is the tool's business, whoever's turn it stands in.
            let isTool = type.map { table.toolTypes.contains($0) } ?? false
            let before = segments.count
            let mediaBefore = unscanned.media.count
            var lists: [(list: TokenList, place: String)] = []
            for entry in object.members {
                let place = pointer + "/" + JSONPointer.escaped(entry.name)
                if hasFields, Self.mayRepeat(entry.value),
                    table.repetitions.contains(where: { $0.holds(entry.name, in: member, type: type) })
                {
                    // Clients count on a string where there is data.
                    let isData = table.isData(entry.name, in: member, type: type) && entry.value.string != nil
                    repetitions[place] = isData ? .string("") : .null
                    if table.tokenLists.contains(entry.name), let list = TokenList(entry.value, at: place) {
                        lists.append((list, place))
                        continue
                    }
                }
                if !table.isKnown(entry.name), !entry.name.isEmpty {
                    segments.append(
                        TextSegment(
                            path: place + JSONPointer.nameSuffix,
                            role: isTool ? .tool : role,
                            turn: turn,
                            text: entry.name,
                            kind: Self.isIdentifier(entry.name) ? .name : .words
                        )
                    )
                }
                let isToolMember = hasFields && table.toolMembers.contains(entry.name)
                let isForeign = described.map { table.isForeign(entry, to: $0) } ?? false
                collect(
                    entry.value,
                    at: place,
                    role: isTool || isToolMember ? .tool : role,
                    turn: turn,
                    member: entry.name,
                    parent: member,
                    type: type,
                    isFree: isFree || isForeign || table.isFree(entry)
                )
            }
            if !isFree, unscanned.media.count == mediaBefore, table.isMediaPart(of: member, type: type) {
                unscanned.addMedia(at: pointer)
                unscanned.addMedia(.object(object.without(["type"])), at: pointer)
            }
            for (list, place) in lists {
                collect(list, at: place, role: isTool ? .tool : role, turn: turn, of: before..<segments.count)
            }
        }
    }

    /// - Parameter member: one of the whole body, which may repeat any text that was read.
    mutating func collect(tokens member: JSONObject.Member, role: Role, turn: Int?) {
        let place = "/" + JSONPointer.escaped(member.name)
        guard let list = TokenList(member.value, at: place) else {
            return collect(.object(JSONObject([member])), at: "", role: role, turn: turn)
        }
        repetitions[place] = .null
        collect(list, at: place, role: role, turn: turn, of: segments.indices)
    }

    /// Reads a token-wise repetition of a text: what the tokens say together, where it is not one of the texts that were read,
    /// for one by one they say nothing.
    ///
    /// - Parameter texts: the texts that it may repeat, by their indices.
    private mutating func collect(
        _ list: TokenList,
        at place: String,
        role: Role,
        turn: Int?,
        of texts: Range<Int>
    ) {
        let unread = isAnswer ? list.alternatives.filter(TokenList.isToken) : []
        omit(.array(unread.map { .string($0) }), at: place)
        for (listPlace, text) in list.texts where !segments[texts].contains(where: { $0.text == text }) {
            add(TextSegment(path: listPlace, role: role, turn: turn, text: text))
        }
        let read = isAnswer ? list.alternatives.filter { !TokenList.isToken($0) } : list.alternatives
        add(TextSegment(path: place + "/top", role: role, turn: turn, text: read.joined(separator: "\n")))
        collect(list.rest, at: place, role: role, turn: turn)
    }

    /// Whether there is room for a text in a value: a request asks for a list under the name that the list has in an answer.
    private static func mayRepeat(_ value: JSONValue) -> Bool {
        switch value {
        case .bool, .number: false
        case .null, .string, .array, .object: true
        }
    }

    /// Whether a string is an address on the web, or base64 with or without the head of a data URL.
    private static func isData(_ text: String) -> Bool {
        let isAddress = text.hasPrefix("https://") || text.hasPrefix("http://")
        if isAddress { return text.utf8.allSatisfy { (0x21...0x7E).contains($0) } }
        var payload = text[...].utf8
        if text.hasPrefix("data:") {
            guard let comma = payload.firstIndex(of: UInt8(ascii: ",")), text[..<comma].hasSuffix(";base64") else {
                return false
            }
            payload = payload[payload.index(after: comma)...]
        }
        return payload.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "-"),
                UInt8(ascii: "_"), UInt8(ascii: "="):
                true
            default: false
            }
        }
    }

    /// Whether a string is too short and too plain to say anything: up to 64 letters, digits, `_`, `-`, `.`, `:`, `/`.
    static func isIdentifier(_ text: String) -> Bool {
        let length = text.utf8.count
        return (1...64).contains(length)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."),
                    UInt8(ascii: ":"), UInt8(ascii: "/"):
                    true
                default: false
                }
            }
    }
}
