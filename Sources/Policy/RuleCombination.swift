import GuardCore

/// What the rules that matched say about the model's findings: that a category needs one of them, or that one of them vetoes it.
struct RuleCombination {
    /// Per segment, ids and tags of the rules that matched it, as far as somebody asks for them.
    private var names: [Int: Set<String>] = [:]
    /// Per segment, the first rule of the file that vetoes each category.
    private var vetoes: [Int: [HarmCategory: String]] = [:]

    /// - Parameter required: the ids and tags that the model's findings ask for.
    init(_ judgements: [Judgement], rules: [Rule], required: Set<String>) {
        for judgement in judgements {
            guard let segment = judgement.finding.segment, rules.indices.contains(judgement.rulePosition) else {
                continue
            }
            let rule = rules[judgement.rulePosition]
            let wanted = rule.tags.union([rule.id]).intersection(required)
            guard !wanted.isEmpty || !rule.vetoes.isEmpty else { continue }
            note(rule, wanted: wanted, in: segment)
            for segment in judgement.further.joined() { note(rule, wanted: wanted, in: segment) }
        }
    }

    private mutating func note(_ rule: Rule, wanted: Set<String>, in segment: Int) {
        if !wanted.isEmpty { names[segment, default: []].formUnion(wanted) }
        for category in rule.vetoes where vetoes[segment]?[category] == nil {
            vetoes[segment, default: [:]][category] = rule.id
        }
    }

    /// Why the model's finding does not count; nil if it does. One about texts that could not be judged always does: nothing is
    /// known of them. One about many texts does if it does for one of them.
    func dismissal(of judgement: Judgement) -> Dismissal? {
        guard let segment = judgement.finding.segment, case .model = judgement.finding.source else { return nil }
        for segment in judgement.further.joined() where dismissal(of: judgement, in: segment) == nil { return nil }
        return dismissal(of: judgement, in: segment)
    }

    private func dismissal(of judgement: Judgement, in segment: Int) -> Dismissal? {
        if !judgement.isOverall, let rule = vetoes[segment]?[judgement.finding.category] { return .vetoed(rule: rule) }
        let required = judgement.requiredRules
        guard !required.isEmpty, required.isDisjoint(with: names[segment] ?? []) else { return nil }
        return .ruleMissing(anyOf: required)
    }
}

extension Policy {
    /// Why the model's scores do not let a match count; nil if they do. All that it covers is of one turn, and has the same scores.
    func dismissal(of judgement: Judgement, by assessments: [Assessment?]) -> Dismissal? {
        let required = rules[judgement.rulePosition].requiredScores
        guard !required.isEmpty, let segment = judgement.finding.segment, segment < assessments.count,
            let assessment = assessments[segment]
        else { return nil }
        // A score that is known as a lower bound only may be higher: not judged.
        let highest = assessment.ceiling?.categories ?? assessment.categories
        let short = required.filter { highest[$0] < $1 }.min { $0.key < $1.key }
        return short.map {
            .scoreTooLow(category: $0.key, score: assessment.categories[$0.key], required: $0.value)
        }
    }

    /// The finding that the rules together make, about the category of the worst of them.
    func anomalyJudgement(phase: Phase, of judgements: [Judgement]) -> Judgement? {
        guard let anomaly = self[phase].anomaly else { return nil }
        let positions = Set(judgements.map(\.rulePosition)).sorted()
        let matched = positions.map { rules[$0] }.filter { $0.severity != nil }
        let score = matched.compactMap { $0.severity?.score }.reduce(0, +)
        guard score >= anomaly.threshold else { return nil }
        // Of equally bad ones the first of the file.
        guard let worst = matched.max(by: { ($0.severity?.score ?? 0) < ($1.severity?.score ?? 0) }),
            let first = matched.first(where: { $0.severity == worst.severity })
        else { return nil }
        let worstMatches = judgements.filter { rules[$0.rulePosition].id == first.id }
        return Judgement(
            finding: Finding(
                category: first.category,
                source: .rule(id: AnomalyPolicy.id, spans: []),
                action: anomaly.action,
                segment: nil
            ),
            response: anomaly.response,
            rewrite: .steer(message: nil),
            targets: [],
            rulePosition: rules.count,
            example: worstMatches.compactMap(\.finding.segment).min()
        )
    }
}
