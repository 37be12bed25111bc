import Testing

@testable import Tuning

/// Rows with the given scores, keys ascending.
func labelled(positives: [Double], negatives: [Double]) -> LabelledScores {
    let rows = positives.map { ($0, true) } + negatives.map { ($0, false) }
    return LabelledScores(
        rows.enumerated().map { LabelledScores.Row(score: $1.0, isPositive: $1.1, key: UInt64($0)) }
    )
}

/// The same numbers every time (SplitMix64).
struct Numbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

@Suite struct ThresholdChoiceTests {
    private func spread(_ count: Int) -> [Double] { (0..<count).map { Double($0) / Double(count) } }

    @Test func aFalsePositiveRateIsKeptWithRoom() throws {
        let scores = labelled(positives: spread(50), negatives: spread(1000))
        let threshold = try ThresholdChoice(.falsePositiveRate(0.02)).threshold(for: scores)
        let outcome = scores.outcome(at: threshold)
        // Of 1000, 20 would be the target itself; the bound at 90 % leaves 13.
        #expect(outcome.falsePositives == 13)
        #expect(outcome.falsePositiveRate.interval(confidence: 0.8).upperBound <= 0.02)
        #expect(threshold == 0.9861)
    }

    @Test func recallIsKeptWithRoomByTheHighestThreshold() throws {
        let scores = labelled(positives: spread(100), negatives: spread(20))
        let threshold = try ThresholdChoice(.recall(0.8)).threshold(for: scores)
        let outcome = scores.outcome(at: threshold)
        #expect(outcome.recall.interval(confidence: 0.8).lowerBound >= 0.8)
        #expect(scores.outcome(at: threshold + 0.01).recall.interval(confidence: 0.8).lowerBound < 0.8)
    }

    @Test func precisionIsKeptWithRoomByTheLowestThreshold() throws {
        let scores = labelled(positives: (0..<60).map { 0.7 + Double($0) / 1000 }, negatives: spread(100))
        let threshold = try ThresholdChoice(.precision(0.5)).threshold(for: scores)
        #expect(scores.outcome(at: threshold).precision.interval(confidence: 0.8).lowerBound >= 0.5)
        #expect(threshold <= 0.7)
    }

    @Test func tooFewLabelsAreRefusedWithTheNumberThatIsMissing() {
        let scores = labelled(positives: spread(4), negatives: spread(100))
        #expect(throws: ThresholdChoice.Refusal.tooFewLabels(positives: 6, negatives: 130)) {
            try ThresholdChoice(.falsePositiveRate(0.01)).threshold(for: scores)
        }
        #expect(throws: ThresholdChoice.Refusal.tooFewLabels(positives: 18, negatives: 0)) {
            try ThresholdChoice(.precision(0.9)).threshold(for: scores)
        }
    }

    @Test(arguments: ["fpr=1e-17", "fpr=5e-324", "recall=0.9999999999999999"])
    func aTargetThatIsOutOfReachOfAnyLabelsIsRefusedForWantOfThem(text: String) throws {
        let target = try #require(TuningTarget(text))
        let scores = labelled(positives: spread(20), negatives: spread(20))
        let refusal = #expect(throws: ThresholdChoice.Refusal.self) {
            try ThresholdChoice(target).threshold(for: scores)
        }
        guard case .tooFewLabels(let positives, let negatives)? = refusal else {
            Issue.record("\(text): \(String(describing: refusal))")
            return
        }
        #expect(max(positives, negatives) > 1_000_000_000_000_000)
    }

    @Test func theFewestLabelsSufficeExactly() throws {
        let choice = ThresholdChoice(.falsePositiveRate(0.01))
        let scores = labelled(positives: spread(10), negatives: spread(230).map { $0 / 2 })
        #expect(scores.outcome(at: try choice.threshold(for: scores)).falsePositives == 0)
    }

    @Test func aPrecisionThatTheScoresDoNotAllowIsOutOfReach() {
        let scores = labelled(positives: spread(100), negatives: spread(1000))
        #expect(throws: ThresholdChoice.Refusal.outOfReach) {
            try ThresholdChoice(.precision(0.9)).threshold(for: scores)
        }
    }

    @Test func harmlessTextsAtTheTopOfTheScaleLeaveNoThreshold() {
        let scores = labelled(positives: spread(20), negatives: Array(repeating: 1, count: 500))
        #expect(throws: ThresholdChoice.Refusal.outOfReach) {
            try ThresholdChoice(.falsePositiveRate(0.01)).threshold(for: scores)
        }
    }

    @Test func precisionIsCountedOverAllThatTheShortThresholdReaches() {
        let scores = labelled(
            positives: Array(repeating: 0.90009, count: 40),
            negatives: Array(repeating: 0.90001, count: 40)
        )
        #expect(throws: ThresholdChoice.Refusal.outOfReach) {
            try ThresholdChoice(.precision(0.9)).threshold(for: scores)
        }
    }

    /// Ten thousand times such a score is rounded, to either side of the number that it is.
    @Test(arguments: [0.0003, 0.0006, 0.0029, 0.0249, 0.0037.nextDown, 0.0274.nextDown, 0.5, 0.5.nextUp])
    func aScoreIsToldFromTheNextShortNumber(score: Double) throws {
        let harmless = labelled(
            positives: Array(repeating: 0.9, count: 20),
            negatives: Array(repeating: score, count: 500)
        )
        let above = try ThresholdChoice(.falsePositiveRate(0.01)).threshold(for: harmless)
        #expect(harmless.outcome(at: above).falsePositives == 0)
        #expect(above - score < 0.000_101)
        let harmful = labelled(
            positives: Array(repeating: score, count: 20),
            negatives: Array(repeating: 0, count: 20)
        )
        let reached = try ThresholdChoice(.recall(0.5)).threshold(for: harmful)
        #expect(harmful.outcome(at: reached).truePositives == 20)
        #expect(((above - reached) * 10_000).rounded() == 1)
    }

    @Test func aTargetHoldsOnOtherSamplesAsOftenAsItSays() throws {
        var numbers = Numbers(state: 7)
        var kept = 0
        for _ in 0..<400 {
            let scores = labelled(
                positives: spread(20),
                negatives: (0..<600).map { _ in Double.random(in: 0..<1, using: &numbers) }
            )
            // Scores are uniform, so the true rate of a threshold is what is above it.
            let threshold = try ThresholdChoice(.falsePositiveRate(0.05)).threshold(for: scores)
            if 1 - threshold <= 0.05 { kept += 1 }
        }
        #expect(kept >= 350)
    }

    @Test(arguments: ["fpr=0.01", "precision=0.9", "recall=0.5"])
    func targetsAreRead(text: String) { #expect(TuningTarget(text) != nil) }

    @Test(arguments: ["", "fpr", "fpr=", "fpr=0", "fpr=1", "fpr=1.5", "fpr=nan", "f1=0.5", "fpr=0.1=2", "recall=-1"])
    func otherTargetsAreRefused(text: String) { #expect(TuningTarget(text) == nil) }

    @Test(arguments: [
        (1.0, 1.0, 0.6), (10, 1, 0.4), (1, 10, 0.8),
    ])
    func theCheapestThresholdIsChosen(missed: Double, falseAlarm: Double, expected: Double) throws {
        // From 0.8 on all are of it, from 0.6 on two thirds, from 0.4 on half, below none.
        let scores = labelled(
            positives: Array(repeating: 0.8, count: 20) + Array(repeating: 0.6, count: 20)
                + Array(repeating: 0.4, count: 4),
            negatives: Array(repeating: 0.6, count: 10) + Array(repeating: 0.4, count: 20)
                + Array(repeating: 0.1, count: 100)
        )
        let choice = ThresholdChoice(.cost(missed: missed, falseAlarm: falseAlarm))
        #expect(try choice.threshold(for: scores) == expected)
    }

    @Test func nothingIsFoundWhereThatCostsLeast() throws {
        let scores = labelled(positives: spread(10), negatives: Array(repeating: 0.99, count: 500))
        #expect(try ThresholdChoice(.cost(missed: 1, falseAlarm: 100)).threshold(for: scores) == 1)
    }

    @Test func whatEveryThresholdFindsIsPartOfEveryCost() throws {
        let scores = labelled(positives: spread(10), negatives: Array(repeating: 1, count: 500))
        #expect(try ThresholdChoice(.cost(missed: 1, falseAlarm: 100)).threshold(for: scores) == 0)
    }

    @Test(arguments: [
        "cost", "cost=", "cost=1", "cost=1:", "cost=0:1", "cost=1:-1", "cost=1:2:3", "cost=5:x:1", "cost=1::2",
        "cost=:1:2", "cost=nan:1", "fpr=1", "x=0.5",
    ])
    func aTargetThatIsNoneIsRefused(text: String) { #expect(TuningTarget(text) == nil) }

    @Test func aCostIsRead() {
        #expect(TuningTarget("cost=5:0.5") == .cost(missed: 5, falseAlarm: 0.5))
    }
}
