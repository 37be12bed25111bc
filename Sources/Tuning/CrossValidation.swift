/// What a way to choose thresholds does on texts that the threshold was not chosen from.
///
/// The texts are parted into folds by their keys; for each fold a threshold is chosen from the others and counted on it. All
/// folds together count every text once, unseen.
package struct CrossValidation: Sendable, Equatable {
    package var folds: Int
    /// Counted on texts not seen; nil if in some fold no threshold could be chosen.
    package var outcome: Outcome?

    package init(_ scores: LabelledScores, choice: ThresholdChoice, folds: Int = 5) {
        self.folds = folds
        var outcome = Outcome()
        for fold in 0..<folds {
            let seen = scores.rows.filter { Self.fold(of: $0, folds) != fold }
            let unseen = scores.rows.filter { Self.fold(of: $0, folds) == fold }
            guard let threshold = try? choice.threshold(for: LabelledScores(seen)) else { return }
            outcome.count(unseen, at: threshold)
        }
        self.outcome = outcome
    }

    private static func fold(of row: LabelledScores.Row, _ folds: Int) -> Int { Int(row.key % UInt64(folds)) }
}
