import Foundation
import Testing

@testable import ChatAPI

/// A request, and an answer, of a dialect that hold every kind of field it has: what the end-to-end tests send, too.
struct FieldFixture: Sendable, CustomTestStringConvertible {
    let name: String
    let dialect: any Dialect
    let request: JSONValue
    let answer: JSONValue?

    var testDescription: String { name }

    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("EndToEnd/fields")

    static let all: [FieldFixture] = {
        let files = (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? []
        return files.filter { $0.pathExtension == "json" }.compactMap { file in
            guard let data = try? Data(contentsOf: file), let object = try? JSONParser.parse(Array(data)).object,
                let path = object["path"]?.string, let request = object["request"],
                case .guarded(let dialect) = Endpoint(method: "POST", path: path)
            else { return nil }
            let name = file.deletingPathExtension().lastPathComponent
            return FieldFixture(name: name, dialect: dialect, request: request, answer: object["answer"])
        }.sorted { $0.name < $1.name }
    }()
}

extension JSONValue {
    /// The places of all strings.
    func stringPlaces(at pointer: String = "") -> [String] {
        switch self {
        case .string: [pointer]
        case .array(let items): items.enumerated().flatMap { $1.stringPlaces(at: "\(pointer)/\($0)") }
        case .object(let object):
            object.members.flatMap { $0.value.stringPlaces(at: pointer + "/" + JSONPointer.escaped($0.name)) }
        default: []
        }
    }

    /// The places of all names of members, as `replacingStrings` has them.
    func namePlaces(at pointer: String = "") -> [String] {
        switch self {
        case .array(let items): items.enumerated().flatMap { $1.namePlaces(at: "\(pointer)/\($0)") }
        case .object(let object):
            object.members.flatMap { member in
                let place = pointer + "/" + JSONPointer.escaped(member.name)
                return [place + JSONPointer.nameSuffix] + member.value.namePlaces(at: place)
            }
        default: []
        }
    }

    /// This value with one more member in each object, one object a time.
    func addingMember(_ member: JSONObject.Member, at pointer: String = "") -> [(place: String, value: JSONValue)] {
        switch self {
        case .array(let items):
            return items.enumerated().flatMap { index, item in
                item.addingMember(member, at: "\(pointer)/\(index)").map { place, value in
                    var items = items
                    items[index] = value
                    return (place, .array(items))
                }
            }
        case .object(let object):
            let own = (pointer, JSONValue.object(JSONObject(object.members + [member])))
            return [own]
                + object.members.enumerated().flatMap { index, entry in
                    entry.value.addingMember(member, at: "\(pointer)/\(entry.name)").map { place, value in
                        var members = object.members
                        members[index].value = value
                        return (place, JSONValue.object(JSONObject(members)))
                    }
                }
        default: return []
        }
    }
}

extension String {
    /// The place of a name, once the name is another.
    func replacingLastName(_ name: String) -> String {
        split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/") + "/" + name
            + JSONPointer.nameSuffix
    }
}
