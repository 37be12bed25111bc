/// How long the words of a prefix code are to be, so that what is written with it is short (Huffman 1952).
enum WordLengths {
    /// - Parameters:
    ///   - frequencies: how often each symbol is written; at least two symbols.
    ///   - limit: no word is longer.
    /// - Returns: a length for each symbol, 0 for one that is never written. At least two have one: a code of a single word is
    ///   one that readers may refuse.
    static func of(_ frequencies: [Int], limit: Int) -> [UInt8] {
        var weights = frequencies
        for symbol in 0..<2 where weights.count(where: { $0 > 0 }) < 2 { weights[symbol] = max(1, weights[symbol]) }
        while true {
            let lengths = self.unlimited(weights)
            if lengths.allSatisfy({ $0 <= limit }) { return lengths.map { UInt8($0) } }
            // Rare symbols get nearer to frequent ones, until the longest word is short enough.
            weights = weights.map { ($0 + 1) / 2 }
        }
    }

    private static func unlimited(_ weights: [Int]) -> [Int] {
        let symbols = weights.indices.filter { weights[$0] > 0 }.sorted { (weights[$0], $0) < (weights[$1], $1) }
        // Leaves in the order of their weights, then what joins two, which comes in that order by itself.
        var nodes = symbols.map { weights[$0] }
        var leaf = 0
        var joined = symbols.count
        var parents = [Int](repeating: 0, count: 2 * symbols.count - 1)
        func lightest() -> Int {
            if leaf < symbols.count, joined >= nodes.count || nodes[leaf] <= nodes[joined] {
                leaf += 1
                return leaf - 1
            }
            joined += 1
            return joined - 1
        }
        for parent in symbols.count..<(2 * symbols.count - 1) {
            let (first, second) = (lightest(), lightest())
            parents[first] = parent
            parents[second] = parent
            nodes.append(nodes[first] + nodes[second])
        }
        // From the root, which is the last, down.
        var depths = [Int](repeating: 0, count: nodes.count)
        for node in nodes.indices.dropLast().reversed() { depths[node] = depths[parents[node]] + 1 }
        var lengths = [Int](repeating: 0, count: weights.count)
        for (node, symbol) in symbols.enumerated() { lengths[symbol] = depths[node] }
        return lengths
    }

    /// The words of such lengths, each as it is written: its first bit lowest (RFC 1951, 3.2.2).
    static func words(_ lengths: [UInt8]) -> [Int] {
        var words = [Int](repeating: 0, count: lengths.count)
        var next = 0
        for length in 1...15 {
            next *= 2
            for (symbol, own) in lengths.enumerated() where own == length {
                var reversed = 0
                for bit in 0..<length where next >> bit & 1 == 1 { reversed |= 1 << (length - 1 - bit) }
                words[symbol] = reversed
                next += 1
            }
        }
        return words
    }
}
