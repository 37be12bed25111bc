/// Merges the symbols of one word: again and again the pair of the lowest rank, the leftmost first.
///
/// Short words are searched anew for each merge. Long ones (a megabyte of one letter is a word) keep a linked list and
/// a heap of candidate pairs, so the time is n log n. Buffers are reused from word to word.
struct WordMerger {
    private static let shortWord = 24

    private let table: MergeTable
    private var next: [Int32] = []
    private var previous: [Int32] = []
    private var heap = MinimumHeap()
    /// Candidate pairs of long words so far: what the time grows with.
    private(set) var candidates = 0

    init(_ table: MergeTable) { self.table = table }

    /// Replaces the symbols by what they merge to.
    mutating func merge(_ symbols: inout [Int32]) {
        if symbols.count <= Self.shortWord { mergeShort(&symbols) } else { mergeLong(&symbols) }
    }

    private func mergeShort(_ symbols: inout [Int32]) {
        while symbols.count > 1 {
            var best: (index: Int, merge: MergeTable.Merge)?
            for index in 0..<symbols.count - 1 {
                guard let merge = table[symbols[index], symbols[index + 1]] else { continue }
                if let found = best, found.merge.rank <= merge.rank { continue }
                best = (index, merge)
            }
            guard let best else { return }
            symbols[best.index] = best.merge.product
            symbols.remove(at: best.index + 1)
        }
    }

    private mutating func mergeLong(_ symbols: inout [Int32]) {
        let count = Int32(symbols.count)
        next = Array(1...count)
        previous = Array(-1..<count - 1)
        heap.removeAll()
        for index in 0..<count - 1 { push(index, symbols) }

        while let candidate = heap.pop() {
            let left = Int(candidate.index)
            // A candidate is stale when one of its symbols has merged meanwhile.
            guard symbols[left] >= 0, next[left] < count else { continue }
            let right = Int(next[left])
            guard let merge = table[symbols[left], symbols[right]], merge.rank == candidate.rank else { continue }
            symbols[left] = merge.product
            symbols[right] = -1
            next[left] = next[right]
            if next[left] < count { previous[Int(next[left])] = Int32(left) }
            if previous[left] >= 0 { push(previous[left], symbols) }
            push(Int32(left), symbols)
        }
        symbols.removeAll { $0 < 0 }
    }

    private mutating func push(_ index: Int32, _ symbols: [Int32]) {
        let right = next[Int(index)]
        guard right < Int32(symbols.count), let merge = table[symbols[Int(index)], symbols[Int(right)]] else { return }
        heap.push(rank: merge.rank, index: index)
        candidates += 1
    }
}

/// Pairs ordered by rank, then by place.
struct MinimumHeap {
    private var entries: [UInt64] = []

    mutating func removeAll() { entries.removeAll(keepingCapacity: true) }

    mutating func push(rank: UInt32, index: Int32) {
        entries.append(UInt64(rank) << 32 | UInt64(UInt32(bitPattern: index)))
        var child = entries.count - 1
        while child > 0, entries[child] < entries[(child - 1) / 2] {
            entries.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func pop() -> (rank: UInt32, index: Int32)? {
        guard let first = entries.first, let last = entries.popLast() else { return nil }
        if !entries.isEmpty {
            entries[0] = last
            var parent = 0
            while true {
                var least = parent
                let left = 2 * parent + 1
                for child in left..<max(left, min(left + 2, entries.count)) {
                    if entries[child] < entries[least] { least = child }
                }
                if least == parent { break }
                entries.swapAt(parent, least)
                parent = least
            }
        }
        return (UInt32(first >> 32), Int32(bitPattern: UInt32(truncatingIfNeeded: first)))
    }
}
