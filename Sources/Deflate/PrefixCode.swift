/// A code in which no word begins another, known by the lengths of its words (RFC 1951, 3.2.2).
struct PrefixCode {
    /// Words up to this long are found by looking at so many bits at once.
    private static let quick = 9

    /// Words of each length.
    private var counts = [Int](repeating: 0, count: 16)
    /// Symbols by their words, in order.
    private var symbols: [Int] = []
    /// By the next bits: sixteen times the symbol, and the length of its word; 0 where the word is longer or there is none.
    private var table = [UInt16](repeating: 0, count: 1 << PrefixCode.quick)

    /// Nil for lengths that no code can have. One that leaves words unused is a code: they are refused when they come.
    init?(_ lengths: some Collection<UInt8>) {
        for length in lengths { self.counts[Int(length & 15)] += 1 }
        self.counts[0] = 0
        var left = 1
        for length in 1...15 {
            left = left * 2 - self.counts[length]
            if left < 0 { return nil }
        }
        var word = 0
        for length in 1...15 {
            word *= 2
            guard self.counts[length] > 0 else { continue }
            for (symbol, own) in lengths.enumerated() where own == length {
                self.symbols.append(symbol)
                if length <= Self.quick { self.enter(word, length, symbol) }
                word += 1
            }
        }
    }

    /// A word's first bit comes first, and so stands lowest in what is looked at.
    private mutating func enter(_ word: Int, _ length: Int, _ symbol: Int) {
        var reversed = 0
        for bit in 0..<length where word >> bit & 1 == 1 { reversed |= 1 << (length - 1 - bit) }
        for index in stride(from: reversed, to: self.table.count, by: 1 << length) {
            self.table[index] = UInt16(symbol << 4 | length)
        }
    }

    /// Reads a word.
    func next(_ input: inout BitReader) throws(Inflate.Failure) -> Int {
        let entry = self.table[input.peek(Self.quick)]
        if entry != 0 {
            try input.skip(Int(entry & 15))
            return Int(entry >> 4)
        }
        var word = 0
        var first = 0
        var index = 0
        for length in 1...15 {
            word |= try input.bits(1)
            let count = self.counts[length]
            if word - count < first { return self.symbols[index + word - first] }
            index += count
            first = (first + count) * 2
            word *= 2
        }
        throw .malformed
    }

    /// The code of blocks that bring none (section 3.2.6). Never nil.
    static let fixed = PrefixCode(
        (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 } as [UInt8]
    )
    static let fixedDistances = PrefixCode([UInt8](repeating: 5, count: 30))
}
