import GuardCore
import Testing

@Suite struct AssessmentTests {
    @Test func `scores are kept per category`() {
        var scores = CategoryScores()
        scores[.weapons] = 0.7
        #expect(scores[.weapons] == 0.7)
        #expect(scores[.hate] == 0)
    }

    @Test func `missing values are zero and surplus ones are dropped`() {
        let scores = CategoryScores([0.1] + Array(repeating: 0.0, count: 30))
        #expect(scores[.violentCrimes] == 0.1)
        #expect(scores[.jailbreak] == 0)
        #expect(CategoryScores([])[.violentCrimes] == 0)
    }

    @Test func `a union keeps the worst of both and adds the tokens`() {
        var left = CategoryScores()
        left[.hate] = 0.9
        var right = CategoryScores()
        right[.privacy] = 0.5
        let union = Assessment(harm: 0.2, categories: left, tokens: 3)
            .union(Assessment(harm: 0.6, categories: right, tokens: 4))
        #expect(union.harm == 0.6)
        #expect(union.tokens == 7)
        #expect(union.categories[.hate] == 0.9)
        #expect(union.categories[.privacy] == 0.5)
    }
}
