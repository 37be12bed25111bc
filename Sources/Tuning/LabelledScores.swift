/// What the model scores texts in one category, and which of them are of it.
package struct LabelledScores: Sendable, Equatable {
    /// One text: its score, whether it is of the category, and what it is told from others by.
    package struct Row: Sendable, Equatable {
        package var score: Double
        package var isPositive: Bool
        /// Rows with the same text have the same key, and are never parted into what is learned from and what is tested on.
        package var key: UInt64

        package init(score: Double, isPositive: Bool, key: UInt64) {
            self.score = score
            self.isPositive = isPositive
            self.key = key
        }
    }

    package var rows: [Row]

    package init(_ rows: [Row] = []) { self.rows = rows }

    /// Two parts: what is learned from, and what is held out, about this share of the texts. Which ones follows from their keys.
    package func parted(holdingOut share: Double) -> (learned: LabelledScores, heldOut: LabelledScores) {
        let isHeldOut = { (row: Row) in
            // The keys are mixed anew: their remainders part them into folds.
            Double((row.key &* 0x9E37_79B9_7F4A_7C15) >> 40) < share * Double(1 << 24)
        }
        return (LabelledScores(rows.filter { !isHeldOut($0) }), LabelledScores(rows.filter(isHeldOut)))
    }

    package var positives: Int { rows.count { $0.isPositive } }
    package var negatives: Int { rows.count - positives }

    /// What a threshold does to these texts.
    package func outcome(at threshold: Double) -> Outcome {
        var outcome = Outcome()
        outcome.count(rows, at: threshold)
        return outcome
    }
}

/// How many texts reach a threshold.
package struct Outcome: Sendable, Equatable {
    package var truePositives = 0
    package var falsePositives = 0
    package var positives = 0
    package var negatives = 0

    package init() {}

    package mutating func count(_ rows: [LabelledScores.Row], at threshold: Double) {
        for row in rows {
            let isReached = row.score >= threshold
            if row.isPositive {
                positives += 1
                if isReached { truePositives += 1 }
            } else {
                negatives += 1
                if isReached { falsePositives += 1 }
            }
        }
    }

    /// Of what reaches the threshold, how much is of the category.
    package var precision: Share { Share(truePositives, of: truePositives + falsePositives) }
    /// Of what is of the category, how much reaches the threshold.
    package var recall: Share { Share(truePositives, of: positives) }
    /// Of what is not of the category, how much reaches the threshold.
    package var falsePositiveRate: Share { Share(falsePositives, of: negatives) }
}
