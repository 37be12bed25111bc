import GuardCore

/// What a dialect knows about the members of its bodies: which strings nobody reads as words, and whose words others are.
///
/// Every string that is not named here is judged; so is one that is, if it does not look like what its place holds.
package struct FieldTable: Sendable {
    /// Members whose value is an identifier or a choice from a list, at any depth. Only a short and plain one counts as that.
    var identifiers: Set<String>
    /// Members that hold data: images, sounds, files, what only the provider can decipher.
    var data: [DataField] = []
    /// Members whose value is a tool's business, whoever's turn they stand in.
    var toolMembers: Set<String> = []
    /// Values of `type` of objects that are a tool's business, whoever's turn they stand in.
    var toolTypes: Set<String> = []
    /// Top-level members of a request that steer and are nobody's turn. Any other that is unknown is the user's.
    var context: Set<String> = []

    /// A member that holds data.
    struct DataField: Sendable, Hashable {
        var member: String
        /// The member that holds the object around it; nil for any.
        var parent: String?
        /// What the object's `type` has to be; empty for anything.
        var types: Set<String> = []

        init(_ member: String, in parent: String? = nil, types: Set<String> = []) {
            self.member = member
            self.parent = parent
            self.types = types
        }
    }

    func isData(_ member: String, in parent: String, type: String?) -> Bool {
        data.contains { field in
            field.member == member && (field.parent ?? parent) == parent
                && (field.types.isEmpty || type.map { field.types.contains($0) } ?? false)
        }
    }

    /// Whose words a top-level member of a request holds that is not the conversation.
    func role(of member: String) -> Role { context.contains(member) ? .context : .user }
}
