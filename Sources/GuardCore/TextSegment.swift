/// One string of a request or an answer, with the place it was found at and whose words it holds.
package struct TextSegment: Sendable, Hashable {
    /// What a string is to its reader.
    package enum Kind: Sendable, Hashable {
        /// Something that is said.
        case words
        /// A short name of something, or of a member: rules read it, the model does not, and no sentence runs through it.
        case name
    }

    /// The place of the string in the body as a JSON Pointer (RFC 6901), for example `/messages/0/content`.
    package var path: String
    package var role: Role
    /// The conversation turn (index into the dialect's list of messages), or nil for a string of the whole request.
    package var turn: Int?
    package var text: String
    package var kind: Kind

    package init(path: String, role: Role, turn: Int? = nil, text: String, kind: Kind = .words) {
        self.path = path
        self.role = role
        self.turn = turn
        self.text = text
        self.kind = kind
    }
}
