/// Chooses a threshold from labelled scores.
///
/// A threshold that just keeps to the target on the texts it was chosen from misses it on every second sample of others. So the
/// bound of a one-sided exact binomial interval has to keep to it. For false positives and for recall this holds whatever the
/// scores look like: how many texts may be on the wrong side follows from their number alone, before any score is looked at.
package struct ThresholdChoice: Sendable {
    package var target: TuningTarget
    /// How likely the target is to be kept on other texts of the same kind, 0..<1.
    package var confidence: Double

    package init(_ target: TuningTarget, confidence: Double = 0.9) {
        self.target = target
        self.confidence = confidence
    }

    /// Why there is no threshold.
    package enum Refusal: Error, Sendable, Equatable {
        /// So many more texts of each kind are needed before anything can be said.
        case tooFewLabels(positives: Int, negatives: Int)
        /// No threshold keeps to the target: the scores do not tell the two kinds apart well enough.
        case outOfReach
    }

    /// - Returns: a threshold with at most four digits after the point.
    package func threshold(for scores: LabelledScores) throws(Refusal) -> Double {
        let fewest = target.fewest(confidence: confidence)
        let missing = (max(0, fewest.positives - scores.positives), max(0, fewest.negatives - scores.negatives))
        guard missing == (0, 0) else { throw .tooFewLabels(positives: missing.0, negatives: missing.1) }
        switch target {
        case .falsePositiveRate(let share):
            let negatives = scores.rows.filter { !$0.isPositive }.map(\.score).sorted(by: >)
            let threshold = above(negatives[allowed(wrong: share, of: negatives.count)])
            guard threshold <= 1 else { throw .outOfReach }
            return threshold
        case .recall(let share):
            let positives = scores.rows.filter(\.isPositive).map(\.score).sorted()
            return atMost(positives[allowed(wrong: 1 - share, of: positives.count)])
        case .precision(let share):
            return try lowest(precision: share, scores)
        case .cost(let missed, let falseAlarm):
            return cheapest(missed: missed, falseAlarm: falseAlarm, scores)
        }
    }

    /// The threshold with the least cost; 1 where it costs least to find nothing.
    private func cheapest(missed: Double, falseAlarm: Double, _ scores: LabelledScores) -> Double {
        let descending = scores.rows.sorted { $0.score > $1.score }
        var cost = missed * Double(scores.positives)
        // A text at the end of the scale is found by every threshold.
        let mayFindNothing = descending.first.map { $0.score < 1 } ?? true
        var best = (cost: mayFindNothing ? cost : .infinity, threshold: 1.0)
        for (index, row) in descending.enumerated() {
            cost += row.isPositive ? -missed : falseAlarm
            // Texts that a short number does not part are reached together.
            let threshold = atMost(row.score)
            let isLast = index + 1 == descending.count || descending[index + 1].score < threshold
            if isLast, cost < best.cost { best = (cost, threshold) }
        }
        return best.threshold
    }

    /// The most texts of `count` that may be on the wrong side, so that the bound on their share keeps to `share`.
    private func allowed(wrong share: Double, of count: Int) -> Int {
        let binomial = Binomial(trials: count, probability: share)
        // The labels suffice for none, so there is such a number; its probability ascends with it.
        var (low, high) = (0, count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if binomial.atMost(middle) <= 1 - confidence { low = middle } else { high = middle }
        }
        return low
    }

    private func lowest(precision share: Double, _ scores: LabelledScores) throws(Refusal) -> Double {
        let descending = scores.rows.sorted { $0.score > $1.score }
        var (hits, reached) = (0, 0)
        var best: Double?
        for (index, row) in descending.enumerated() {
            reached += 1
            if row.isPositive { hits += 1 }
            // Texts that a short number does not part are reached together.
            let threshold = atMost(row.score)
            let isLast = index + 1 == descending.count || descending[index + 1].score < threshold
            guard isLast, Double(hits) >= share * Double(reached) else { continue }
            if Binomial(trials: reached, probability: share).atLeast(hits) <= 1 - confidence { best = threshold }
        }
        guard let best else { throw .outOfReach }
        return best
    }

    /// The nearest short number above the score, so that a text with this score stays below.
    private func above(_ score: Double) -> Double {
        // The product is rounded: that of 0.0003 comes out below 3.
        var steps = (score * Self.scale).rounded(.down)
        while steps / Self.scale <= score { steps += 1 }
        return steps / Self.scale
    }

    /// The nearest short number that the score still reaches.
    private func atMost(_ score: Double) -> Double {
        // The same, to either side.
        var steps = (score * Self.scale).rounded(.down) + 1
        while steps / Self.scale > score { steps -= 1 }
        return steps / Self.scale
    }

    private static let scale = 10_000.0
}
