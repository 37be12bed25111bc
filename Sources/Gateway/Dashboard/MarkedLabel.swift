import DecisionStore
import GuardCore

/// What somebody said of a decision, as a label: what the text was, and what the model made of it.
struct MarkedLabel: Encodable {
    var requestID: String
    var phase: String
    var harmful: Bool
    /// The category that was missed. It says nothing of the others, as a list would; nil where nobody said, and for what is harmless.
    var categories: [String: Bool]?
    var scores: [String: Double]

    private enum CodingKeys: String, CodingKey {
        case phase, harmful, categories, scores
        case requestID = "request_id"
    }

    /// nil where nothing was said, or the model gave no score, or not all.
    init?(_ decision: ScoredDecision, phase: Phase) {
        guard let mark = decision.mark, !decision.isFailure, let scores = decision.scores else { return nil }
        let wasFound = decision.action != nil
        requestID = decision.requestID
        self.phase = phase.rawValue
        harmful = wasFound == mark.isRight
        categories = harmful ? mark.category.map { [$0.rawValue: true] } : nil
        self.scores = ["harm": scores.harm]
        for category in HarmCategory.allCases { self.scores[category.rawValue] = scores.categories[category] }
    }
}
