import Audit

/// Records that a store in memory has taken and that are not in its tables yet, in their order.
///
/// A busy gateway writes more decisions in seconds than such a store keeps, and most are gone before anybody looks. A row with its
/// indices takes as long as much of the exchange that it tells of, so it is made only once somebody asks.
struct LateEntries {
    /// From `first` on; nil before.
    private var entries: [DecisionStore.Entry?] = []
    private var first = 0
    /// Of their lines.
    private(set) var bytes = 0

    var count: Int { entries.count - first }

    mutating func append(_ entry: DecisionStore.Entry) {
        entries.append(entry)
        bytes += entry.body.count
    }

    mutating func removeFirst() -> DecisionStore.Entry? {
        guard first < entries.count, let entry = entries[first] else { return nil }
        entries[first] = nil
        first += 1
        bytes -= entry.body.count
        if first > entries.count / 2 {
            entries.removeFirst(first)
            first = 0
        }
        return entry
    }

    /// Lets go of what is older.
    mutating func remove(before oldest: Int64) {
        while first < entries.count, let entry = entries[first], entry.record.time.millisecondsSinceEpoch < oldest {
            _ = removeFirst()
        }
    }
}
