import GuardCore

/// What the rules that matched say about the model's findings: that a category needs one of them, or that one of them vetoes it.
struct RuleCombination {
    /// Per segment, ids and tags of the rules that matched it.
    private var names: [Int: Set<String>] = [:]
    private var vetoes: [Int: Set<HarmCategory>] = [:]

    init(_ judgements: [Judgement], rules: [Rule]) {
        for judgement in judgements {
            guard let segment = judgement.finding.segment, rules.indices.contains(judgement.rulePosition) else {
                continue
            }
            let rule = rules[judgement.rulePosition]
            names[segment, default: []].formUnion(rule.tags.union([rule.id]))
            vetoes[segment, default: []].formUnion(rule.vetoes)
        }
    }

    /// Whether the model's finding counts. One about texts that could not be judged always does: nothing is known of them.
    func admits(_ judgement: Judgement, in phase: PhasePolicy) -> Bool {
        guard let segment = judgement.finding.segment, case .model = judgement.finding.source else { return true }
        let category = judgement.finding.category
        if vetoes[segment]?.contains(category) == true { return false }
        guard let required = phase.categories[category]?.requiredRules, !required.isEmpty else { return true }
        return !required.isDisjoint(with: names[segment] ?? [])
    }
}

extension Policy {
    /// Whether the model's scores let a match count.
    func isSupported(_ judgement: Judgement, by assessments: [Assessment?]) -> Bool {
        let required = rules[judgement.rulePosition].requiredScores
        guard !required.isEmpty, let segment = judgement.finding.segment, segment < assessments.count,
            let assessment = assessments[segment]
        else { return true }
        return required.allSatisfy { category, score in !(assessment.categories[category] < score) }
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
            rulePosition: rules.count
        )
    }
}
