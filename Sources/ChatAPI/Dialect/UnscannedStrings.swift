/// The strings of a body that nobody reads: data that is no text, and references to what is not in the body.
package struct UnscannedStrings: Sendable, Equatable {
    /// Where they stand.
    package private(set) var places: [String] = []
    /// How long they are, in UTF-8 bytes.
    package private(set) var bytes = 0
    /// Where images, sounds and files stand, their addresses, and the names of those that the provider keeps.
    package private(set) var media: [String] = []

    package init() {}

    package var count: Int { places.count }
    package var isEmpty: Bool { places.isEmpty }

    /// - Parameter value: what stands at the place; all strings in it count.
    mutating func add(_ value: JSONValue, at place: String) {
        places.append(place)
        bytes += Self.bytes(of: value)
    }

    mutating func addMedia(at place: String) { media.append(place) }

    /// - Parameter value: what stands at the place; each string in it counts.
    mutating func addMedia(_ value: JSONValue, at place: String) {
        switch value {
        case .null, .bool, .number: return
        case .string: media.append(place)
        case .array(let items):
            for (index, item) in items.enumerated() { addMedia(item, at: "\(place)/\(index)") }
        case .object(let object):
            for member in object.members {
                addMedia(member.value, at: place + "/" + JSONPointer.escaped(member.name))
            }
        }
    }

    private static func bytes(of value: JSONValue) -> Int {
        switch value {
        case .null, .bool, .number: 0
        case .string(let text): text.utf8.count
        case .array(let items): items.reduce(0) { $0 + bytes(of: $1) }
        case .object(let object): object.members.reduce(0) { $0 + bytes(of: $1.value) }
        }
    }
}
