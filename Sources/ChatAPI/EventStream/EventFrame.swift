/// What each event of a stream says about the whole answer, beside its piece of it.
///
/// It goes out before the answer was judged, so that nothing is in it that says anything, and hundreds of times, so that nothing is in
/// it that is long. All else is told once, at the end.
struct EventFrame: Sendable {
    /// The most bytes that each event repeats.
    static let limit = 4096

    private(set) var object = JSONObject()
    /// What was said last, by name.
    private var known: [String: JSONValue] = [:]
    private var lengths: [String: Int] = [:]
    private var length = 0

    /// Takes a member as an event has it.
    ///
    /// - Parameter plain: what of it may be said before it was judged.
    mutating func take(_ member: JSONObject.Member, plain: (JSONObject) -> JSONObject) {
        // Most events say what the one before them said.
        guard known[member.name] != member.value else { return }
        known[member.name] = member.value
        length -= lengths[member.name] ?? 0
        let kept = plain(JSONObject([member])).members.first
        let added = kept.map { Self.length(of: $0) } ?? 0
        if let kept, length + added <= Self.limit {
            object[kept.name] = kept.value
            lengths[kept.name] = added
            length += added
        } else {
            object[member.name] = nil
            lengths[member.name] = nil
        }
    }

    /// The members that each event may repeat, and those that are told once.
    static func divided(_ object: JSONObject) -> (repeated: JSONObject, once: [JSONObject.Member]) {
        var repeated = JSONObject()
        var once: [JSONObject.Member] = []
        var left = limit
        for member in object.members {
            let length = Self.length(of: member)
            if length <= left {
                left -= length
                repeated.members.append(member)
            } else {
                once.append(member)
            }
        }
        return (repeated, once)
    }

    private static func length(of member: JSONObject.Member) -> Int {
        JSONWriter.bytes(.object(JSONObject([member]))).count
    }
}
