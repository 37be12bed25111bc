/// Finds all occurrences of many strings in one pass, one table look-up a byte (Aho and Corasick).
struct AhoCorasick: Sendable {
    /// By byte: its column in the table; bytes that no pattern holds share column 0.
    private let columns: [UInt16]
    private let width: Int
    /// `row + column`: the row of the next state, that is its number times `width`, and `endBit` if a pattern ends there.
    private let next: [UInt32]
    /// By state: the patterns that end there, without those of shorter suffixes.
    private let outputs: [[Int]]
    /// By state: the nearest suffix that is a state with outputs, 0 if none.
    private let suffixes: [Int32]
    /// Bytes of the longest pattern.
    private let longest: Int

    private static let endBit: UInt32 = 1 << 31
    /// Parts of a text that are searched at once: each step waits for a look-up, and waiting for four takes no longer.
    private static let lanes = 4
    /// A part has so many times the bytes that its search begins early.
    private static let shortestLane = 4

    /// - Parameter patterns: non-empty strings; equal ones are all reported.
    init(_ patterns: [[UInt8]]) {
        var columns = Array(repeating: UInt16(0), count: 256)
        var width = 1
        for byte in patterns.joined() where columns[Int(byte)] == 0 {
            columns[Int(byte)] = UInt16(width)
            width += 1
        }

        // The trie; 0 stands for no child, since nothing leads back to the root in it.
        var next = Array(repeating: Int32(0), count: width)
        var outputs: [[Int]] = [[]]
        for (index, pattern) in patterns.enumerated() where !pattern.isEmpty {
            var state = 0
            for byte in pattern {
                let entry = state * width + Int(columns[Int(byte)])
                if next[entry] == 0 {
                    next[entry] = Int32(outputs.count)
                    outputs.append([])
                    next.append(contentsOf: repeatElement(0, count: width))
                }
                state = Int(next[entry])
            }
            outputs[state].append(index)
        }

        // Breadth first, each state learns from the longest suffix of it that is a state, which is shallower.
        var failures = Array(repeating: 0, count: outputs.count)
        var suffixes = Array(repeating: Int32(0), count: outputs.count)
        var queue = next[0..<width].filter { $0 != 0 }.map(Int.init)
        var head = 0
        while head < queue.count {
            let state = queue[head]
            head += 1
            let failure = failures[state]
            suffixes[state] = outputs[failure].isEmpty ? suffixes[failure] : Int32(failure)
            for column in 0..<width {
                let child = Int(next[state * width + column])
                let fallback = next[failure * width + column]
                if child == 0 {
                    next[state * width + column] = fallback
                } else {
                    failures[child] = Int(fallback)
                    queue.append(child)
                }
            }
        }
        self.columns = columns
        self.width = width
        self.next = next.map { state in
            let ends = !outputs[Int(state)].isEmpty || suffixes[Int(state)] != 0
            return UInt32(state) * UInt32(width) | (ends ? Self.endBit : 0)
        }
        self.outputs = outputs
        self.suffixes = suffixes
        longest = patterns.map(\.count).max() ?? 0
    }

    /// Calls `report` with each occurrence, in no order: the pattern's index and the offset behind it.
    func search(_ text: [UInt8], report: (_ pattern: Int, _ end: Int) -> Void) {
        guard outputs.count > 1 else { return }
        text.withUnsafeBufferPointer { text in
            next.withUnsafeBufferPointer { next in
                columns.withUnsafeBufferPointer { columns in
                    let size = text.count / Self.lanes
                    guard size > Self.shortestLane * longest else {
                        var row = 0
                        for offset in text.indices {
                            let entry = next[row + Int(columns[Int(text[offset])])]
                            row = Int(entry & ~Self.endBit)
                            if entry & Self.endBit != 0 { self.report(row, offset + 1, report) }
                        }
                        return
                    }
                    /// The row of a part's search before its first byte: what ends in the part may begin before it.
                    func row(before start: Int) -> Int {
                        var row = 0
                        for offset in max(0, start - longest)..<start {
                            row = Int(next[row + Int(columns[Int(text[offset])])] & ~Self.endBit)
                        }
                        return row
                    }
                    var first = 0
                    var second = row(before: size)
                    var third = row(before: 2 * size)
                    var fourth = row(before: 3 * size)
                    for offset in 0..<size {
                        let entry1 = next[first + Int(columns[Int(text[offset])])]
                        let entry2 = next[second + Int(columns[Int(text[offset + size])])]
                        let entry3 = next[third + Int(columns[Int(text[offset + 2 * size])])]
                        let entry4 = next[fourth + Int(columns[Int(text[offset + 3 * size])])]
                        first = Int(entry1 & ~Self.endBit)
                        second = Int(entry2 & ~Self.endBit)
                        third = Int(entry3 & ~Self.endBit)
                        fourth = Int(entry4 & ~Self.endBit)
                        guard (entry1 | entry2 | entry3 | entry4) & Self.endBit != 0 else { continue }
                        if entry1 & Self.endBit != 0 { self.report(first, offset + 1, report) }
                        if entry2 & Self.endBit != 0 { self.report(second, offset + 1 + size, report) }
                        if entry3 & Self.endBit != 0 { self.report(third, offset + 1 + 2 * size, report) }
                        if entry4 & Self.endBit != 0 { self.report(fourth, offset + 1 + 3 * size, report) }
                    }
                    for offset in Self.lanes * size..<text.count {
                        let entry = next[fourth + Int(columns[Int(text[offset])])]
                        fourth = Int(entry & ~Self.endBit)
                        if entry & Self.endBit != 0 { self.report(fourth, offset + 1, report) }
                    }
                }
            }
        }
    }

    /// The patterns that end where a state with `endBit` is reached.
    private func report(_ row: Int, _ end: Int, _ report: (_ pattern: Int, _ end: Int) -> Void) {
        var ending = row / width
        if outputs[ending].isEmpty { ending = Int(suffixes[ending]) }
        while ending != 0 {
            for pattern in outputs[ending] { report(pattern, end) }
            ending = Int(suffixes[ending])
        }
    }
}
