import Foundation
import GuardCore
import Testing

@testable import DecisionStore

@Suite struct ScoreBytesTests {
    @Test func areSeventeenFloatsLittleEndian() {
        var scores = CategoryScores()
        scores[.violentCrimes] = 0.5
        let data = ScoreBytes.data(Assessment(harm: 1, categories: scores, tokens: 0))
        #expect(data.count == 68)
        #expect(Array(data.prefix(8)) == [0, 0, 0x80, 0x3f, 0, 0, 0, 0x3f])
        #expect(ScoreBytes.values(data)?.prefix(2) == [1, 0.5])
    }

    @Test(arguments: [0, 4, 67, 69, 72])
    func bytesOfAnotherLengthAreNoScores(_ count: Int) {
        #expect(ScoreBytes.values(Data(count: count)) == nil)
    }
}
