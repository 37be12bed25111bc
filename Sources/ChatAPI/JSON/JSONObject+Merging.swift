/// What an answer is put together in: objects to which one event of a stream after the other adds.
extension JSONObject {
    /// The most members of such an object. Each is looked for by its name, so that the millions that a stream has room for would take
    /// hours, and nothing could end that; APIs have some dozens.
    static let mostMembers = 1024
    /// The most items of a list that grows with the events.
    static let mostItems = 4096

    /// Whether events may add to it.
    var isMergeable: Bool { members.count <= Self.mostMembers }

    /// Changes a member's value where it stands; one that is missing is added as null first.
    ///
    /// - Throws: `ChatAPIError` with status 502 if there are too many members.
    mutating func update(
        _ name: String,
        _ change: (inout JSONValue) throws(ChatAPIError) -> Void
    ) throws(ChatAPIError) {
        guard isMergeable else { throw Self.tooManyMembers }
        let index = members.firstIndex { $0.name == name } ?? members.endIndex
        if index == members.endIndex {
            guard members.count < Self.mostMembers else { throw Self.tooManyMembers }
            members.append(Member(name: name, value: .null))
        }
        try change(&members[index].value)
    }

    /// Sets a member to what an event says of it.
    ///
    /// - Throws: `ChatAPIError` with status 502 if there are too many members.
    mutating func merge(_ member: Member) throws(ChatAPIError) {
        try update(member.name) { $0 = member.value }
    }

    /// Adds items to the end of a list, in place: a list of many pieces must not be copied once for each.
    ///
    /// - Parameter limit: the most items of the list.
    /// - Throws: `ChatAPIError` with status 502 if there are more, or too many members.
    mutating func append(_ items: [JSONValue], to name: String, limit: Int = mostItems) throws(ChatAPIError) {
        try update(name) { (value) throws(ChatAPIError) in
            var list: [JSONValue] = []
            if case .array(let known) = value { list = known }
            guard list.count + items.count <= limit else {
                throw ChatAPIError.badAnswer("a list in it has more than \(limit) items")
            }
            value = .null
            list += items
            value = .array(list)
        }
    }

    static let tooManyMembers = ChatAPIError.badAnswer("an object in it has more than \(mostMembers) members")
}
