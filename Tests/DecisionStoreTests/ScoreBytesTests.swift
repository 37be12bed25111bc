import GuardCore
import Testing

@testable import DecisionStore

@Suite struct ScoreBytesTests {
    @Test func areSeventeenFloatsLittleEndian() {
        var scores = CategoryScores()
        scores[.violentCrimes] = 0.5
        let bytes = ScoreBytes.bytes(Assessment(harm: 1, categories: scores, tokens: 0))
        #expect(bytes.count == 68)
        #expect(Array(bytes.prefix(8)) == [0, 0, 0x80, 0x3f, 0, 0, 0, 0x3f])
        #expect(ScoreBytes.values(bytes)?.prefix(2) == [1, 0.5])
    }

    @Test(arguments: [0, 4, 67, 69, 72])
    func bytesOfAnotherLengthAreNoScores(_ count: Int) {
        #expect(ScoreBytes.values([UInt8](repeating: 0, count: count)) == nil)
    }
}
