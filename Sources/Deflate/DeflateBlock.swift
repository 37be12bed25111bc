/// A block with codes of its own (RFC 1951, 3.2.7).
struct DeflateBlock {
    private var words: [Repeats.Word] = []
    private var literals = [Int](repeating: 0, count: 286)
    private var distances = [Int](repeating: 0, count: 30)

    init() {
        // Every block ends.
        self.literals[256] = 1
    }

    mutating func append(_ word: Repeats.Word) {
        self.words.append(word)
        switch word {
        case .literal(let byte): self.literals[Int(byte)] += 1
        case .copy(let length, let distance):
            self.literals[257 + Int(DeflateTables.lengthCodes[length - DeflateTables.shortest])] += 1
            self.distances[DeflateTables.distanceCode(distance)] += 1
        }
    }

    func write(to output: inout BitWriter, isLast: Bool) {
        output.append(isLast ? 1 : 0, 1)
        output.append(2, 2)
        let literals = WordLengths.of(self.literals, limit: 15)
        let distances = WordLengths.of(self.distances, limit: 15)
        Self.write(literals, distances, to: &output)
        let (first, second) = (WordLengths.words(literals), WordLengths.words(distances))
        for word in self.words {
            switch word {
            case .literal(let byte): output.append(first[Int(byte)], Int(literals[Int(byte)]))
            case .copy(let length, let distance):
                let code = Int(DeflateTables.lengthCodes[length - DeflateTables.shortest])
                output.append(first[257 + code], Int(literals[257 + code]))
                output.append(length - DeflateTables.lengths[code].base, DeflateTables.lengths[code].extra)
                let far = DeflateTables.distanceCode(distance)
                output.append(second[far], Int(distances[far]))
                output.append(distance - DeflateTables.distances[far].base, DeflateTables.distances[far].extra)
            }
        }
        output.append(first[256], Int(literals[256]))
    }

    /// The lengths of both codes, as one row in which repeats are told.
    private static func write(_ literals: [UInt8], _ distances: [UInt8], to output: inout BitWriter) {
        let first = max(257, (literals.lastIndex { $0 > 0 } ?? 0) + 1)
        let second = max(1, (distances.lastIndex { $0 > 0 } ?? 0) + 1)
        let row = Self.row(literals[..<first] + distances[..<second])
        var frequencies = [Int](repeating: 0, count: 19)
        for entry in row { frequencies[entry.symbol] += 1 }
        let lengths = WordLengths.of(frequencies, limit: 7)
        let words = WordLengths.words(lengths)
        let count = max(4, (DeflateTables.order.lastIndex { lengths[$0] > 0 } ?? 0) + 1)
        output.append(first - 257, 5)
        output.append(second - 1, 5)
        output.append(count - 4, 4)
        for symbol in DeflateTables.order[..<count] { output.append(Int(lengths[symbol]), 3) }
        for entry in row {
            output.append(words[entry.symbol], Int(lengths[entry.symbol]))
            output.append(entry.more, entry.width)
        }
    }

    /// A length, or one of the symbols 16 to 18 with bits that say how often something is repeated.
    private struct Entry {
        var symbol: Int
        var more = 0
        var width = 0
    }

    private static func row(_ lengths: ArraySlice<UInt8>) -> [Entry] {
        var row: [Entry] = []
        var rest = lengths
        while let length = rest.first {
            var times = rest.prefix { $0 == length }.count
            rest = rest.dropFirst(times)
            if length > 0 {
                row.append(Entry(symbol: Int(length)))
                times -= 1
            }
            while times >= 3 {
                switch (length, times) {
                case (0, 11...):
                    let part = min(times, 138)
                    row.append(Entry(symbol: 18, more: part - 11, width: 7))
                    times -= part
                case (0, _):
                    row.append(Entry(symbol: 17, more: times - 3, width: 3))
                    times = 0
                default:
                    let part = min(times, 6)
                    row.append(Entry(symbol: 16, more: part - 3, width: 2))
                    times -= part
                }
            }
            for _ in 0..<times { row.append(Entry(symbol: Int(length))) }
        }
        return row
    }
}
