import Testing
import Tuning

struct RankingTests {
    private func scores(_ rows: [(Double, Bool)]) -> LabelledScores {
        LabelledScores(rows.enumerated().map { .init(score: $1.0, isPositive: $1.1, key: UInt64($0)) })
    }

    @Test func `the area is the share of pairs in the right order`() throws {
        #expect(scores([(0.9, true), (0.8, true), (0.2, false)]).areaUnderCurve == 1)
        #expect(scores([(0.1, true), (0.8, false)]).areaUnderCurve == 0)
        #expect(scores([(0.9, true), (0.5, false), (0.4, true), (0.1, false)]).areaUnderCurve == 0.75)
    }

    @Test func `ties count half`() {
        #expect(scores([(0.5, true), (0.5, false)]).areaUnderCurve == 0.5)
        #expect(scores([(0.5, true), (0.5, false), (0.5, true), (0.1, false)]).areaUnderCurve == 0.75)
    }

    @Test func `without one of the two there is no area`() {
        #expect(scores([]).areaUnderCurve == nil)
        #expect(scores([(0.5, true)]).areaUnderCurve == nil)
        #expect(scores([(0.5, false)]).areaUnderCurve == nil)
    }

    @Test func `the curve goes from the greatest score to all rows`() throws {
        let curve = scores([(0.9, true), (0.5, false), (0.5, true), (0.1, false)]).outcomes()
        #expect(curve.map(\.threshold) == [0.9, 0.5, 0.1])
        let middle = try #require(curve.dropFirst().first?.outcome)
        #expect(middle == scores([(0.9, true), (0.5, false), (0.5, true), (0.1, false)]).outcome(at: 0.5))
        #expect(curve.last?.outcome.recall.value == 1)
    }

    @Test func `a long curve is thinned and keeps its ends`() {
        let curve = scores((0..<1000).map { (Double($0) / 1000, $0 % 3 == 0) }).outcomes(limit: 50)
        #expect(curve.count == 50)
        #expect(curve.first?.threshold == 0.999)
        #expect(curve.last?.threshold == 0)
    }

    @Test func `f1 is the harmonic mean`() throws {
        let outcome = scores([(0.9, true), (0.8, false), (0.1, true), (0.1, false)]).outcome(at: 0.5)
        #expect(outcome.f1 == 0.5)
        #expect(scores([(0.9, false)]).outcome(at: 0.5).f1 == nil)
    }
}
