/// One string of a request or an answer, with the place it was found at and whose words it holds.
package struct TextSegment: Sendable, Hashable {
    /// The place of the string in the body as a JSON Pointer (RFC 6901), for example `/messages/0/content`.
    package var path: String
    package var role: Role
    /// The conversation turn (index into the dialect's list of messages), or nil for a string of the whole request.
    package var turn: Int?
    package var text: String

    package init(path: String, role: Role, turn: Int? = nil, text: String) {
        self.path = path
        self.role = role
        self.turn = turn
        self.text = text
    }
}
