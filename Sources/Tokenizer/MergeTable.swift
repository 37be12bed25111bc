/// Which pairs of tokens merge, into what, and in what order: a hash table with open addressing.
struct MergeTable: Sendable {
    struct Merge {
        /// The lower, the earlier.
        var rank: UInt32
        var product: Int32
    }

    private static let empty = UInt64.max

    private var keys: [UInt64]
    private var merges: [Merge]
    private let mask: Int

    /// - Parameter capacity: merges that will be added.
    init(capacity: Int) {
        var size = 16
        while size < capacity * 2 { size *= 2 }
        keys = Array(repeating: Self.empty, count: size)
        merges = Array(repeating: Merge(rank: 0, product: 0), count: size)
        mask = size - 1
    }

    /// Adds a merge; the first one of a pair stays.
    mutating func insert(_ left: Int32, _ right: Int32, _ merge: Merge) {
        let key = Self.key(left, right)
        let slot = slot(of: key)
        guard keys[slot] == Self.empty else { return }
        keys[slot] = key
        merges[slot] = merge
    }

    subscript(left: Int32, right: Int32) -> Merge? {
        let slot = slot(of: Self.key(left, right))
        return keys[slot] == Self.empty ? nil : merges[slot]
    }

    private func slot(of key: UInt64) -> Int {
        // Fibonacci hashing; the table is at most half full, so a free slot ends the search.
        var slot = Int(truncatingIfNeeded: (key &* 0x9e37_79b9_7f4a_7c15) >> 32) & mask
        while keys[slot] != key, keys[slot] != Self.empty { slot = (slot + 1) & mask }
        return slot
    }

    private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
    }
}
