/// Divides letters that stand without spaces into the words they most likely are.
///
/// The likeliest division by single words, found by dynamic programming (P. Norvig, "Natural Language Corpus Data", 2009): a
/// word costs the logarithm of its rank (Zipf's law), any other stretch much more, and more for each letter. Linear in the letters.
enum WordSplitter {
    /// Bits, as the frequencies of English words have it.
    private static let commonCost = 3
    private static let rareCost = 34
    private static let rareLetterCost = 5
    /// What more each letter costs beyond those that most words have.
    private static let longLetterCost = 4
    private static let usualLength = 8
    /// A word of two letters that is less frequent is one seldom: a part of another.
    private static let frequentRank = 300
    /// What a short word costs more that is not among the commonest: most are names, or parts of others.
    private static let shortFurtherCost = 6
    private static let shortFurtherLength = 5
    /// Of an ending that makes another word of a known one.
    private static let endingCost = 5
    /// Of a capital within a word, behind a small letter.
    private static let innerCapitalCost = 12
    /// Of a word that begins with a capital I behind a small letter and is more than that.
    private static let capitalICost = 4
    /// The longest stretch that is taken for one word that is not common.
    private static let longestRareWord = 12

    /// A word of a division.
    struct Word: Equatable {
        var range: Range<Int>
        var isCommon: Bool
    }

    /// - Parameters:
    ///   - letters: in lower case; what is no letter is in no word that is known.
    ///   - capitals: those of the letters that are written as capitals; none if that says nothing.
    /// - Returns: the words in order, and what the division costs.
    static func split(_ letters: [UInt8], capitals: [Bool] = []) -> (words: [Word], cost: Int) {
        var costs = Array(repeating: Int.max, count: letters.count + 1)
        var last = Array(repeating: Word(range: 0..<0, isCommon: false), count: letters.count + 1)
        costs[0] = 0
        let beginnings = WordBeginnings.shared
        for start in letters.indices {
            let mayBegin = beginnings.contains(letters, at: start)
            var word = PackedWord()
            var capitalCost = 0
            for end in start + 1...min(start + CommonWords.longestWord, letters.count) {
                word.append(letters[end - 1])
                let length = end - start
                if length > 1, startsCapitals(end - 1, capitals) { capitalCost += innerCapitalCost }
                var cost: Int
                var isCommon = false
                if length < WordBeginnings.length || mayBegin, let known = knownCost(of: word) {
                    cost = known
                    isCommon = true
                } else if length <= longestRareWord {
                    cost = rareCost + rareLetterCost * length + longLetterCost * max(0, length - usualLength)
                } else {
                    continue
                }
                cost += capitalCost
                if length > 1, letters[start] == UInt8(ascii: "i"), startsCapitals(start, capitals) {
                    cost += capitalICost
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

    /// What a word costs that is known, or made of a known one by an ending; nil if it is neither.
    private static func knownCost(of word: PackedWord) -> Int? {
        if let cost = listedCost(of: word) { return cost }
        var best: Int?
        WordStems.forEach(of: word) { stem in
            // What is made of the most frequent words is listed itself: no ending is put to `the` or `these`.
            guard let cost = listedCost(of: stem), cost > commonCost + bits(frequentRank) else { return }
            best = min(best ?? cost, cost)
        }
        return best.map { $0 + endingCost }
    }

    private static func listedCost(of word: PackedWord) -> Int? {
        if let rank = CommonWords.shared.rank(of: word) {
            return word.count == 2 && rank >= frequentRank ? nil : commonCost + bits(rank)
        }
        guard word.count > 2, let rank = CommonWords.further.rank(of: word) else { return nil }
        return commonCost + bits(rank) + (word.count <= shortFurtherLength ? shortFurtherCost : 0)
    }

    /// Whether a capital stands behind a small letter.
    @inline(__always)
    private static func startsCapitals(_ place: Int, _ capitals: [Bool]) -> Bool {
        !capitals.isEmpty && place > 0 && capitals[place] && !capitals[place - 1]
    }

    private static func bits(_ rank: Int) -> Int { Int.bitWidth - (rank + 1).leadingZeroBitCount }
}
