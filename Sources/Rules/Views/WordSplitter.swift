/// Divides letters that stand without spaces into the words they most likely are.
///
/// The likeliest division by single words, found by dynamic programming: a common word costs the logarithm of its rank
/// (Zipf's law), any other stretch much more, and more for each letter. Linear in the letters.
enum WordSplitter {
    /// Bits, as the frequencies of English words have it.
    private static let commonCost = 5
    private static let rareCost = 34
    private static let rareLetterCost = 4
    /// The longest stretch that is taken for one word that is not common.
    private static let longestRareWord = 12

    /// A word of a division.
    struct Word: Equatable {
        var range: Range<Int>
        var isCommon: Bool
    }

    /// - Parameter letters: in lower case; what is no letter is in no common word.
    /// - Returns: the words in order, and what the division costs.
    static func split(_ letters: [UInt8]) -> (words: [Word], cost: Int) {
        var costs = Array(repeating: Int.max, count: letters.count + 1)
        var last = Array(repeating: Word(range: 0..<0, isCommon: false), count: letters.count + 1)
        costs[0] = 0
        for start in letters.indices {
            var word = PackedWord()
            for end in start + 1...min(start + CommonWords.longestWord, letters.count) {
                word.append(letters[end - 1])
                let length = end - start
                let cost: Int
                let rank = CommonWords.shared.rank(of: word)
                if let rank {
                    cost = commonCost + (Int.bitWidth - (rank + 1).leadingZeroBitCount)
                } else if length <= longestRareWord {
                    cost = rareCost + rareLetterCost * length
                } else {
                    continue
                }
                guard costs[start] + cost < costs[end] else { continue }
                costs[end] = costs[start] + cost
                last[end] = Word(range: start..<end, isCommon: rank != nil)
            }
        }
        var words: [Word] = []
        var end = letters.count
        while end > 0 {
            words.append(last[end])
            end = last[end].range.lowerBound
        }
        return (words.reversed(), costs[letters.count])
    }
}
