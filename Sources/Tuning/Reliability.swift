/// Whether scores mean what they say: of the texts scored 0.8, eight in ten are to be positive.
package struct Reliability: Sendable, Equatable {
    /// The rows whose scores lie in one of the equal parts of 0...1.
    package struct Bin: Sendable, Equatable {
        package var count = 0
        package var positives = 0
        package var scores = 0.0

        /// What the scores say.
        package var stated: Double { count > 0 ? scores / Double(count) : 0 }
        /// What the labels say.
        package var observed: Double { count > 0 ? Double(positives) / Double(count) : 0 }
    }

    /// From low scores to high ones.
    package let bins: [Bin]

    package init(_ scores: LabelledScores, bins count: Int = 10) {
        precondition(count > 0)
        var bins = [Bin](repeating: Bin(), count: count)
        for row in scores.rows {
            let place = min(count - 1, max(0, Int((row.score * Double(count)).rounded(.down))))
            bins[place].count += 1
            bins[place].scores += row.score
            if row.isPositive { bins[place].positives += 1 }
        }
        self.bins = bins
    }

    /// The mean distance of what is stated from what is observed, bins weighed by their rows (expected calibration error:
    /// Naeini et al., AAAI 2015); nil without rows.
    package var expectedError: Double? {
        let count = bins.reduce(0) { $0 + $1.count }
        guard count > 0 else { return nil }
        return bins.reduce(0) { $0 + abs($1.stated - $1.observed) * Double($1.count) } / Double(count)
    }
}
