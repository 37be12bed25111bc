import GuardCore

/// A finding together with what its rule or category says is to follow from it.
struct Judgement {
    var finding: Finding
    var response: ResponseStyle
    var rewrite: RewriteMethod
    /// The segments that a rewrite edits: the finding's own, or all that could not be judged.
    var targets: [Int]
    /// Further segments that the same is true of, as a whole, where they are very many: a judgement for each would take hundreds of
    /// times the memory of their texts.
    var further: [ArraySlice<Int>] = []
    /// The position of the rule in the policy; 0 for the model.
    var rulePosition = 0
    /// The share of requests that it is recorded for, where its action is `log`.
    var sample = 1.0
    /// Ids and tags of rules of which one has to match the same text for it to count; none if empty.
    var requiredRules: Set<String> = []
    /// The segment that the caller is answered about, where the finding is about several.
    var example: Int?
    /// Whether it is about harm of any kind by an action of its own: the category is no more than its name.
    var isOverall = false

    /// The order of a report: strictest action, taxonomy, then rules in file order, the model, failures; then segments.
    static func reportedBefore(_ lhs: Judgement, _ rhs: Judgement) -> Bool {
        let (a, b) = (lhs.finding, rhs.finding)
        if a.action != b.action { return a.action > b.action }
        if a.category != b.category { return a.category < b.category }
        if lhs.certainty != rhs.certainty { return lhs.certainty < rhs.certainty }
        if lhs.rulePosition != rhs.rulePosition { return lhs.rulePosition < rhs.rulePosition }
        if a.segment != b.segment { return (a.segment ?? -1) < (b.segment ?? -1) }
        return lhs.margin > rhs.margin
    }

    /// The one that the caller is answered about, among those with the strictest action.
    ///
    /// What was found comes before what could not be judged. Self-harm comes first, because help must not wait behind
    /// another topic. Then a rule before the model, in the order of the file: whoever wrote it knew what it is for.
    /// Then the highest margin over its threshold, then the taxonomy, then the first segment.
    static func deciding(among judgements: [Judgement]) -> Judgement? {
        guard let strictest = judgements.lazy.map(\.finding.action).max() else { return nil }
        return judgements.lazy.filter { $0.finding.action == strictest }.min(by: decidesBefore)
    }

    /// How the caller is answered if this one decides.
    var reply: Decision.Reply {
        Decision.Reply(
            category: finding.category,
            style: response,
            isForced: certainty == .rule,
            segment: finding.segment ?? example,
            isFailure: certainty == .failure
        )
    }

    private static func decidesBefore(_ lhs: Judgement, _ rhs: Judgement) -> Bool {
        let (a, b) = (lhs.finding, rhs.finding)
        if (lhs.certainty == .failure) != (rhs.certainty == .failure) { return rhs.certainty == .failure }
        if (a.category == .selfHarm) != (b.category == .selfHarm) { return a.category == .selfHarm }
        if lhs.certainty != rhs.certainty { return lhs.certainty < rhs.certainty }
        if lhs.rulePosition != rhs.rulePosition { return lhs.rulePosition < rhs.rulePosition }
        if lhs.margin != rhs.margin { return lhs.margin > rhs.margin }
        if a.category != b.category { return a.category < b.category }
        return (a.segment ?? -1) < (b.segment ?? -1)
    }

    private enum Certainty: Int, Comparable {
        case rule, model, failure

        static func < (lhs: Self, rhs: Self) -> Bool { lhs.rawValue < rhs.rawValue }
    }

    private var certainty: Certainty {
        switch finding.source {
        case .rule: .rule
        case .model: .model
        case .failure: .failure
        }
    }

    private var margin: Double {
        guard case .model(let score, let threshold) = finding.source else { return 0 }
        return score - threshold
    }
}
