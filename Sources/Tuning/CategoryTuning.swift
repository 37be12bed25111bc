/// One threshold: as it is, as it is to be, and what either does.
package struct CategoryTuning: Sendable, Equatable {
    /// A category, or `overall`.
    package var name: String
    package var before: Double
    /// Nil where there is a reason to leave it.
    package var after: Double?
    package var refusal: ThresholdChoice.Refusal?
    /// What the threshold as it is does to the texts that the new one is chosen from.
    package var outcomeBefore: Outcome
    /// What the new threshold does to the texts it was chosen from.
    package var outcomeAfter: Outcome?
    /// What thresholds chosen in the same way do to texts they were not chosen from.
    package var unseen: Outcome?
    /// What the new threshold does to texts that were held out, which had no part in it; nil without such texts.
    package var heldOut: Outcome?

    /// - Parameter heldOut: texts that the threshold is tried on after it was chosen.
    package init(
        name: String,
        before: Double,
        scores: LabelledScores,
        heldOut: LabelledScores = LabelledScores(),
        choice: ThresholdChoice,
        folds: Int = 5
    ) {
        self.name = name
        self.before = before
        outcomeBefore = scores.outcome(at: before)
        do throws(ThresholdChoice.Refusal) {
            let threshold = try choice.threshold(for: scores)
            after = threshold
            outcomeAfter = scores.outcome(at: threshold)
            unseen = CrossValidation(scores, choice: choice, folds: folds).outcome
            if !heldOut.rows.isEmpty { self.heldOut = heldOut.outcome(at: threshold) }
        } catch {
            refusal = error
        }
    }
}
