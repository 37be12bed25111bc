/// How well scores put positives before negatives, whatever the threshold.
extension LabelledScores {
    /// The probability that a positive scores above a negative, ties counting half (area under the ROC curve, by the rank sum of
    /// Mann and Whitney); nil where one of the two is missing.
    package var areaUnderCurve: Double? {
        let (positives, negatives) = (positives, negatives)
        guard positives > 0, negatives > 0 else { return nil }
        let sorted = rows.sorted { $0.score < $1.score }
        var ranks = 0.0
        var start = 0
        while start < sorted.count {
            var end = start
            var ofThem = 0
            while end < sorted.count, sorted[end].score == sorted[start].score {
                if sorted[end].isPositive { ofThem += 1 }
                end += 1
            }
            // Rows of one score share the mean of their ranks, which begin at 1.
            ranks += Double(ofThem) * Double(start + 1 + end) / 2
            start = end
        }
        let least = Double(positives) * Double(positives + 1) / 2
        return (ranks - least) / (Double(positives) * Double(negatives))
    }

    /// What every threshold that tells rows apart does, from the greatest score down; at most `limit` of them, evenly chosen.
    package func outcomes(limit: Int = 200) -> [(threshold: Double, outcome: Outcome)] {
        let sorted = rows.sorted { $0.score > $1.score }
        var found: [(threshold: Double, outcome: Outcome)] = []
        var outcome = Outcome()
        outcome.positives = positives
        outcome.negatives = negatives
        for (index, row) in sorted.enumerated() {
            if row.isPositive { outcome.truePositives += 1 } else { outcome.falsePositives += 1 }
            if index + 1 == sorted.count || sorted[index + 1].score != row.score {
                found.append((row.score, outcome))
            }
        }
        guard limit > 1, found.count > limit else { return found }
        return (0..<limit).map { found[$0 * (found.count - 1) / (limit - 1)] }
    }
}

extension Outcome {
    /// The harmonic mean of precision and recall; nil where there are no positives.
    package var f1: Double? {
        guard positives > 0 else { return nil }
        return 2 * Double(truePositives) / Double(positives + truePositives + falsePositives)
    }
}
