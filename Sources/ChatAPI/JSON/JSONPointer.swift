/// The text form of places in a JSON value (RFC 6901).
enum JSONPointer {
    /// What marks a place as the name of the member and not its value. A pointer never holds `~` before anything but 0
    /// and 1, so no value can have this place.
    static let nameSuffix = "~name"

    /// One reference token.
    static func escaped(_ name: String) -> String {
        guard name.utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }) else { return name }
        var result = ""
        for character in name.unicodeScalars {
            switch character {
            case "~": result += "~0"
            case "/": result += "~1"
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }
}

extension JSONValue {
    /// The value with every string, number and name for which `edit` gives a new text.
    ///
    /// - Parameters:
    ///   - pointer: the place of this value.
    ///   - edit: the new text of the string at a place, or nil to keep it. For a member's name, the place is the member's
    ///     with `JSONPointer.nameSuffix`.
    func replacingStrings(at pointer: String = "", _ edit: (String) -> String?) -> JSONValue {
        switch self {
        case .null, .bool: self
        // A number that was edited is one no more.
        case .number, .string: edit(pointer).map { .string($0) } ?? self
        case .array(let items):
            .array(items.enumerated().map { $1.replacingStrings(at: "\(pointer)/\($0)", edit) })
        case .object(let object): .object(object.replacingStrings(at: pointer, edit))
        }
    }
}

extension JSONValue {
    /// The value with others at these places.
    func replacing(_ values: [String: JSONValue], at pointer: String = "") -> JSONValue {
        guard !values.isEmpty else { return self }
        if let value = values[pointer] { return value }
        switch self {
        case .null, .bool, .number, .string: return self
        case .array(let items):
            return .array(items.enumerated().map { $1.replacing(values, at: "\(pointer)/\($0)") })
        case .object(let object):
            return .object(
                JSONObject(
                    object.members.map { member in
                        let place = pointer + "/" + JSONPointer.escaped(member.name)
                        return .init(name: member.name, value: member.value.replacing(values, at: place))
                    }
                )
            )
        }
    }
}

extension JSONValue {
    fileprivate func removing(_ places: Set<String>, at pointer: String) -> JSONValue? {
        guard !places.contains(pointer) else { return nil }
        switch self {
        case .null, .bool, .number, .string: return self
        case .array(let items):
            return .array(items.enumerated().compactMap { $1.removing(places, at: "\(pointer)/\($0)") })
        case .object(let object): return .object(object.removing(places, at: pointer))
        }
    }
}

extension JSONObject {
    /// Without the members, and the items of lists, at these places; a member may also be given by the place of its name.
    func removing(_ places: Set<String>, at pointer: String = "") -> JSONObject {
        guard !places.isEmpty else { return self }
        return JSONObject(
            members.compactMap { member in
                let place = pointer + "/" + JSONPointer.escaped(member.name)
                guard !places.contains(place + JSONPointer.nameSuffix) else { return nil }
                return member.value.removing(places, at: place).map { Member(name: member.name, value: $0) }
            }
        )
    }

    fileprivate func replacingStrings(at pointer: String, _ edit: (String) -> String?) -> JSONObject {
        var taken: Set<String> = []
        /// The last number that was put behind a name.
        var numbers: [String: Int] = [:]
        return JSONObject(
            members.map { member in
                let place = pointer + "/" + JSONPointer.escaped(member.name)
                let value = member.value.replacingStrings(at: place, edit)
                guard let new = edit(place + JSONPointer.nameSuffix), new != member.name else {
                    return Member(name: member.name, value: value)
                }
                // Two names may be edited into the same one, and a name given twice is read differently by everybody.
                if taken.isEmpty { taken = Set(members.map(\.name)) }
                var unique = new
                var count = numbers[new, default: 1]
                while !taken.insert(unique).inserted {
                    count += 1
                    unique = "\(new) \(count)"
                }
                numbers[new] = count
                return Member(name: unique, value: value)
            }
        )
    }
}
