import GuardCore

/// The strings of one turn and one voice, read together.
///
/// A message may be cut into many content parts, and an upstream may join them with nothing, a space or a newline.
/// What a reader of the whole turn would see is what has to be judged, so the model reads the parts joined, and the
/// rules read the joins beside the parts.
struct TurnText {
    /// Indices of the segments, in order.
    var members: [Int]
    var role: Role
    var turn: Int?

    /// Groups that are looked through one by one: a table of so few costs more than it saves.
    private static let few = 16

    /// Groups segments of the same turn and role. Strings that belong to no turn are one group per role; names are in none.
    static func grouping(_ segments: [TextSegment]) -> [TurnText] {
        struct Key: Hashable {
            var role: Role
            var turn: Int?
        }
        var positions: [Key: Int] = [:]
        var groups: [TurnText] = []
        for (index, segment) in segments.enumerated() where segment.kind == .words {
            let key = Key(role: segment.role, turn: segment.turn)
            let known: Int?
            if groups.count <= few {
                known = groups.lastIndex { $0.role == key.role && $0.turn == key.turn }
            } else {
                if positions.isEmpty {
                    for (position, group) in groups.enumerated() {
                        positions[Key(role: group.role, turn: group.turn)] = position
                    }
                }
                known = positions[key]
            }
            if let known {
                groups[known].members.append(index)
            } else {
                if !positions.isEmpty { positions[key] = groups.count }
                groups.append(TurnText(members: [index], role: segment.role, turn: segment.turn))
            }
        }
        return groups
    }

    /// The parts with `separator` between them, and where each part starts, in UTF-8 bytes.
    func joined(_ segments: [TextSegment], separator: String) -> (text: String, starts: [Int]) {
        var text = ""
        var starts: [Int] = []
        for (position, member) in members.enumerated() {
            if position > 0 { text += separator }
            starts.append(text.utf8.count)
            text += segments[member].text
        }
        return (text, starts)
    }
}
