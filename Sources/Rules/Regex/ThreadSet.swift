/// A set of instruction numbers that keeps the order of insertion, with constant-time insertion and emptying (the sparse
/// set of Briggs and Torczon).
struct ThreadSet {
    private(set) var members: [Int] = []
    private var places: [Int]

    init(capacity: Int) { places = Array(repeating: 0, count: capacity) }

    var count: Int { members.count }

    func contains(_ member: Int) -> Bool {
        let place = places[member]
        return place < members.count && members[place] == member
    }

    /// False if it was there already.
    @discardableResult
    mutating func insert(_ member: Int) -> Bool {
        guard !contains(member) else { return false }
        places[member] = members.count
        members.append(member)
        return true
    }

    mutating func removeAll() { members.removeAll(keepingCapacity: true) }
}
