import Testing

@testable import Tuning

@Suite struct CategoryTuningTests {
    /// Scores of two kinds that overlap, of texts with keys of their own.
    private func scores(_ count: Int, seed: UInt64) -> LabelledScores {
        var generator = Numbers(state: seed)
        return LabelledScores(
            (0..<count).map { index in
                let isPositive = index % 3 == 0
                let noise = Double.random(in: 0..<0.6, using: &generator)
                return LabelledScores.Row(
                    score: isPositive ? 0.4 + noise : noise,
                    isPositive: isPositive,
                    key: generator.next()
                )
            }
        )
    }

    @Test func partsHoldEveryTextOnceAndTheSameTextAlways() {
        let all = scores(3000, seed: 5)
        let (learned, heldOut) = all.parted(holdingOut: 0.5)
        #expect(learned.rows.count + heldOut.rows.count == 3000)
        #expect((1350...1650).contains(heldOut.rows.count))
        #expect(Set(learned.rows.map(\.key)).isDisjoint(with: heldOut.rows.map(\.key)))
        let twice = LabelledScores(all.rows + all.rows).parted(holdingOut: 0.5)
        #expect(twice.heldOut.rows.count == 2 * heldOut.rows.count)
        #expect(all.parted(holdingOut: 0).heldOut.rows.isEmpty)
    }

    /// The parts are not those of the folds: each fold has texts of both.
    @Test func everyFoldKeepsTextsOfBothParts() {
        let (learned, heldOut) = scores(3000, seed: 6).parted(holdingOut: 0.5)
        for fold in 0..<UInt64(5) {
            #expect(learned.rows.contains { $0.key % 5 == fold })
            #expect(heldOut.rows.contains { $0.key % 5 == fold })
        }
    }

    @Test(arguments: ["fpr=0.05", "recall=0.8", "precision=0.7"])
    func aThresholdIsTriedOnTheTextsThatWereHeldOut(target: String) throws {
        let target = try #require(TuningTarget(target))
        let (learned, heldOut) = scores(3000, seed: 7).parted(holdingOut: 0.5)
        let choice = ThresholdChoice(target, confidence: 0.99)
        let tuning = CategoryTuning(name: "hate", before: 0.5, scores: learned, heldOut: heldOut, choice: choice)
        let threshold = try #require(tuning.after)
        let outcome = try #require(tuning.heldOut)
        #expect(outcome == heldOut.outcome(at: threshold))
        #expect(target.isMet(by: outcome))
        let alone = CategoryTuning(name: "hate", before: 0.5, scores: learned, choice: choice)
        #expect(alone.after == threshold && alone.heldOut == nil)
    }

    @Test func withoutAThresholdNothingIsTried() {
        let few = LabelledScores([LabelledScores.Row(score: 0.5, isPositive: true, key: 1)])
        let choice = ThresholdChoice(.falsePositiveRate(0.01))
        let tuning = CategoryTuning(name: "hate", before: 0.5, scores: few, heldOut: few, choice: choice)
        #expect(tuning.after == nil && tuning.heldOut == nil && tuning.refusal != nil)
    }
}
