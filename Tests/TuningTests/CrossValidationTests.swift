import Testing

@testable import Tuning

@Suite struct CrossValidationTests {
    private func scores(_ count: Int) -> LabelledScores {
        var numbers = Numbers(state: 3)
        return labelled(
            positives: (0..<count / 10).map { _ in Double.random(in: 0.4..<1, using: &numbers) },
            negatives: (0..<count).map { _ in Double.random(in: 0..<0.6, using: &numbers) }
        )
    }

    @Test func everyTextIsCountedOnceUnseen() throws {
        let scores = scores(2000)
        let outcome = try #require(CrossValidation(scores, choice: ThresholdChoice(.falsePositiveRate(0.02))).outcome)
        #expect(outcome.positives == scores.positives)
        #expect(outcome.negatives == scores.negatives)
        #expect(TuningTarget.falsePositiveRate(0.02).isMet(by: outcome))
    }

    @Test func aFoldWithTooFewLabelsLeavesNoResult() {
        let scores = labelled(
            positives: Array(repeating: 0.9, count: 20),
            negatives: Array(repeating: 0.1, count: 230)
        )
        #expect(CrossValidation(scores, choice: ThresholdChoice(.falsePositiveRate(0.01))).outcome == nil)
    }

    @Test func aTuningHoldsTheThresholdsAndWhatTheyDo() throws {
        let scores = scores(2000)
        let tuning = CategoryTuning(
            name: "hate",
            before: 0.99,
            scores: scores,
            choice: ThresholdChoice(.falsePositiveRate(0.02))
        )
        let after = try #require(tuning.after)
        #expect(tuning.outcomeBefore == scores.outcome(at: 0.99))
        #expect(tuning.outcomeAfter == scores.outcome(at: after))
        #expect(tuning.unseen != nil)
        #expect(tuning.refusal == nil)
    }

    @Test func aRefusalLeavesTheThreshold() {
        let tuning = CategoryTuning(
            name: "hate",
            before: 0.5,
            scores: labelled(positives: [0.9], negatives: [0.1]),
            choice: ThresholdChoice(.recall(0.5))
        )
        #expect(tuning.after == nil)
        #expect(tuning.refusal == .tooFewLabels(positives: 9, negatives: 9))
    }
}
