import Testing

@testable import Deflate

@Suite struct WordLengthsTests {
    @Test func frequentSymbolsHaveShortWords() {
        #expect(WordLengths.of([8, 4, 2, 1, 1], limit: 15) == [1, 2, 3, 4, 4])
        #expect(WordLengths.of([1, 1, 1, 1], limit: 15) == [2, 2, 2, 2])
        #expect(WordLengths.of([0, 5, 0, 5], limit: 15) == [0, 1, 0, 1])
    }

    @Test func thereAreTwoWordsAtLeast() {
        #expect(WordLengths.of([0, 0, 0], limit: 7) == [1, 1, 0])
        #expect(WordLengths.of([9, 0, 0], limit: 7) == [1, 1, 0])
        #expect(WordLengths.of([0, 0, 9], limit: 7) == [1, 0, 1])
    }

    /// Weights that grow as Fibonacci's numbers make words as long as there are symbols.
    @Test(arguments: [7, 15]) func noWordIsLongerThanTheLimitAndNoneIsWasted(limit: Int) {
        var weights = [1, 1]
        while weights.count < 19 { weights.append(weights[weights.count - 1] + weights[weights.count - 2]) }
        let lengths = WordLengths.of(weights, limit: limit)
        #expect(lengths.max().map(Int.init) ?? 0 <= limit)
        #expect(lengths.reduce(0) { $0 + (1 << limit) >> Int($1) } == 1 << limit)
        #expect(PrefixCode(lengths) != nil)
    }

    /// The example of RFC 1951, 3.2.2: lengths 3, 3, 3, 3, 3, 2, 4, 4.
    @Test func wordsAreThoseOfTheRFC() {
        let words = WordLengths.words([3, 3, 3, 3, 3, 2, 4, 4])
        #expect(words == [0b010, 0b110, 0b001, 0b101, 0b011, 0b00, 0b0111, 0b1111])
    }
}
