/// Divides letters that stand without spaces into the words they most likely are.
///
/// The likeliest division by single words, found by dynamic programming: a common word costs the logarithm of its rank
/// (Zipf's law), any other stretch much more, and more for each letter. Linear in the letters.
enum WordSplitter {
    /// Bits, as the frequencies of English words have it.
    private static let commonCost = 5
    private static let rareCost = 34
    private static let rareLetterCost = 4
    /// What more each letter costs beyond those that most words have.
    private static let longLetterCost = 4
    private static let usualLength = 8
    /// A word of two letters that is less frequent is one seldom: a part of another.
    private static let frequentRank = 300
    /// Of an ending that makes another word of a common one.
    private static let endingCost = 5
    private static let endings = ["s", "es", "ed", "er", "ing", "ly"].map { ArraySlice($0.utf8) }
    private static let lastLetters = Set(endings.compactMap(\.last))
    private static let shortestStem = 3
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
                let rank = CommonWords.shared.rank(of: word).flatMap {
                    length == 2 && $0 >= frequentRank ? nil : $0
                }
                var isCommon = rank != nil
                if let rank {
                    cost = commonCost + (Int.bitWidth - (rank + 1).leadingZeroBitCount)
                } else if let rank = stemRank(of: letters[start..<end]) {
                    isCommon = true
                    cost = commonCost + endingCost + (Int.bitWidth - (rank + 1).leadingZeroBitCount)
                } else if length <= longestRareWord {
                    cost = rareCost + rareLetterCost * length + longLetterCost * max(0, length - usualLength)
                } else {
                    continue
                }
                guard costs[start] + cost < costs[end] else { continue }
                costs[end] = costs[start] + cost
                last[end] = Word(range: start..<end, isCommon: isCommon)
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

    /// The rank of the common word that a word is made of by an ending; nil if there is none.
    private static func stemRank(of word: ArraySlice<UInt8>) -> Int? {
        guard let last = word.last, lastLetters.contains(last) else { return nil }
        var best: Int?
        for ending in endings where word.count >= ending.count + shortestStem && word.suffix(ending.count) == ending {
            guard let rank = CommonWords.shared.rank(of: PackedWord(word.dropLast(ending.count))) else { continue }
            best = min(best ?? rank, rank)
        }
        return best
    }
}
