import Testing

@testable import Tokenizer

struct WordMergerTests {
    /// Letters 0...3 and some merges among them and their products.
    private static func table(_ source: inout SystemRandomNumberGenerator) -> MergeTable {
        var table = MergeTable(capacity: 40)
        for rank in 0..<40 as Range<UInt32> {
            let bound = Int32(4 + rank)
            table.insert(
                .random(in: 0..<bound, using: &source),
                .random(in: 0..<bound, using: &source),
                MergeTable.Merge(rank: rank, product: bound)
            )
        }
        return table
    }

    @Test func longWordsMergeAsShortOnesWould() {
        var source = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            let table = Self.table(&source)
            let word = (0..<Int.random(in: 25...120, using: &source)).map { _ in Int32.random(in: 0..<4, using: &source)
            }
            var merged = word
            var merger = WordMerger(table)
            merger.merge(&merged)
            #expect(merged == Self.plainly(word, table), "\(word)")
        }
    }

    @Test func wordsOfOneSymbolOrNoneStay() {
        var merger = WordMerger(MergeTable(capacity: 1))
        for word in [[], [3]] as [[Int32]] {
            var merged = word
            merger.merge(&merged)
            #expect(merged == word)
        }
    }

    /// The definition: the lowest rank first, the leftmost of equals, one at a time.
    private static func plainly(_ word: [Int32], _ table: MergeTable) -> [Int32] {
        var word = word
        while true {
            let candidates = word.indices.dropLast().compactMap { index in
                table[word[index], word[index + 1]].map { (index: index, merge: $0) }
            }
            guard let best = candidates.min(by: { ($0.merge.rank, $0.index) < ($1.merge.rank, $1.index) }) else {
                return word
            }
            word.replaceSubrange(best.index...best.index + 1, with: [best.merge.product])
        }
    }
}
