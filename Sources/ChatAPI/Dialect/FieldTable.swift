import GuardCore

/// What a dialect knows about the members of its bodies: which strings nobody reads as words, and whose words others are.
///
/// Every string, and every name of a member, that is not named here is judged; so is one that is, if it does not look like
/// what its place holds.
package struct FieldTable: Sendable {
    /// Members whose value is an identifier or a choice from a list, at any depth. Only a short and plain one counts as that.
    var identifiers: Set<String>
    /// Members whose value is a name that the caller or the LLM gave. A short and plain one is read by rules alone.
    var names: Set<String> = []
    /// Those of both whose value is a list. In a list under any other name short words are a text, for there may be many of them.
    var lists: Set<String> = []
    /// Names of members that the dialect has, and that say nothing by themselves. What stands under any other name is in no
    /// dialect's hands: everything in it is judged.
    var members: Set<String> = []
    /// Members that hold what the caller or the LLM made up: the arguments of a call, a schema, labels. Everything in them is
    /// judged.
    var free: Set<String> = []
    /// Members that hold the dialect's own parts, or texts, under names that the caller gave. Every text in them is judged.
    var maps: Set<String> = []
    /// What describes a tool: the members that it has, by the name of what holds it. Some servers show the LLM all of it as it
    /// stands, so everything in any other is judged, and so is what stands inside of one that holds no description itself.
    var descriptions: [String: Set<String>] = [:]
    /// The same where a description has no name of its own, but a tool's `type` beside its members: by that.
    var typedDescriptions: [String: Set<String>] = [:]
    /// Members that hold data: images, sounds, files, what only the provider can decipher.
    var data: [DataField] = []
    /// Members whose identifiers are names of media that the provider keeps.
    var references: [DataField] = []
    /// Values of `type` of parts of a `content` that are text; what is of another type, and no tool's, may show the LLM anything.
    /// Empty where parts have no types.
    var textTypes: Set<String> = []
    /// Members that repeat a text in another form: they would still hold what is edited out of it.
    var repetitions: [DataField] = []
    /// Those of them that do so token by token.
    var tokenLists: Set<String> = []
    /// Members whose value is a tool's business, whoever's turn they stand in.
    var toolMembers: Set<String> = []
    /// Values of `type` of objects that are a tool's business, whoever's turn they stand in.
    var toolTypes: Set<String> = []
    /// Top-level members of a request that steer and are nobody's turn. Any other that is unknown is the user's.
    var context: Set<String> = []

    /// A member that holds data, or the name of what does.
    struct DataField: Sendable, Hashable {
        /// What the data is to the LLM.
        enum Kind: Sendable {
            /// It is shown to the LLM, as words are: images, sounds, files.
            case media
            /// Only the provider can decipher it.
            case sealed
        }

        var member: String
        /// The member that holds the object around it; nil for any.
        var parent: String?
        /// What the object's `type` has to be; empty for anything.
        var types: Set<String> = []
        var kind: Kind

        init(_ member: String, in parent: String? = nil, types: Set<String> = [], kind: Kind = .media) {
            self.member = member
            self.parent = parent
            self.types = types
            self.kind = kind
        }

        func holds(_ member: String, in parent: String, type: String?) -> Bool {
            self.member == member && (self.parent ?? parent) == parent
                && (types.isEmpty || type.map { types.contains($0) } ?? false)
        }
    }

    /// Whether nothing in a member's value stands where the dialect says what it is.
    func isFree(_ member: JSONObject.Member) -> Bool {
        guard isKnown(member.name) else { return true }
        // A string in such a place is the dialect's own short form of it.
        return member.value.string == nil && (free.contains(member.name) || Self.schemaMaps.contains(member.name))
    }

    /// The members of a tool's description, if an object is one.
    ///
    /// - Parameters:
    ///   - member: the name of the member that holds the object.
    ///   - type: what the object says its type is.
    func description(in member: String, type: String?) -> Set<String>? {
        descriptions[member] ?? type.flatMap { typedDescriptions[$0] }
    }

    /// Whether nothing in a member of a tool's description stands where the dialect says what it is.
    ///
    /// - Parameter description: the members that the description has.
    func isForeign(_ member: JSONObject.Member, to description: Set<String>) -> Bool {
        guard description.contains(member.name) else { return true }
        return switch member.value {
        // A switch or a name takes no members, and servers show those that it is given.
        case .array, .object: descriptions[member.name] == nil
        case .null, .bool, .number, .string: false
        }
    }

    /// Whether a member's name says nothing by itself.
    func isKnown(_ member: String) -> Bool { members.contains(member) || Self.schemaMembers.contains(member) }

    func isData(_ member: String, in parent: String, type: String?) -> Bool {
        data.contains { $0.holds(member, in: parent, type: type) }
    }

    /// Whether a string in this place, whatever it looks like, shows the LLM something that is no text.
    func isMedia(_ member: String, in parent: String, type: String?) -> Bool {
        data.contains { $0.kind == .media && $0.holds(member, in: parent, type: type) }
            || references.contains { $0.holds(member, in: parent, type: type) }
    }

    /// Whether a part of a member shows the LLM something that is no text, or may for all that is known.
    func isMediaPart(of member: String, type: String?) -> Bool {
        guard !textTypes.isEmpty, member == "content", let type else { return false }
        return !textTypes.contains(type) && !toolTypes.contains(type)
    }

    /// Whose words a top-level member of a request holds that is not the conversation.
    func role(of member: String) -> Role { context.contains(member) ? .context : .user }
}

extension FieldTable {
    /// The keywords of JSON Schema (2020-12, and those of OpenAPI 3.0 that APIs take), in which tools and answers are described.
    static let schemaMembers: Set<String> = [
        "$schema", "$id", "$ref", "$defs", "$anchor", "$comment", "definitions", "type", "properties", "required",
        "items",
        "prefixItems", "enum", "const", "default", "description", "title", "format", "examples", "example", "anyOf",
        "oneOf",
        "allOf", "not", "if", "then", "else", "additionalProperties", "patternProperties", "propertyNames",
        "unevaluatedProperties", "minProperties", "maxProperties", "minItems", "maxItems", "uniqueItems", "contains",
        "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "pattern",
        "nullable", "readOnly", "writeOnly", "deprecated", "propertyOrdering", "property_ordering",
    ]

    /// Those of them under which anything may be named.
    private static let schemaMaps: Set<String> = [
        "$defs", "definitions", "properties", "patternProperties", "default", "const",
    ]

    /// What JSON Schema's `type` may say, in the letter case of either API family.
    static let schemaTypes: Set<String> = [
        "string", "number", "integer", "boolean", "object", "array", "null", "STRING", "NUMBER", "INTEGER", "BOOLEAN",
        "OBJECT", "ARRAY", "NULL", "TYPE_UNSPECIFIED",
    ]
}
