import GuardCore

extension Policy {
    /// One judgement per rule and segment, with the spans of all its matches there.
    func ruleJudgements(phase: Phase, segments: [TextSegment], matches: [RuleMatch]) -> [Judgement] {
        guard !matches.isEmpty else { return [] }
        let byRule = Dictionary(grouping: matches, by: \.ruleID)
        var judgements: [Judgement] = []
        for (position, rule) in rules.enumerated() where rule.phases.contains(phase) {
            let bySegment = Dictionary(grouping: byRule[rule.id] ?? [], by: \.segment)
            for (segment, found) in bySegment
            where segments.indices.contains(segment) && rule.roles.contains(segments[segment].role) {
                let spans = Set(found.map(\.span)).sorted {
                    ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound)
                }
                judgements.append(
                    Judgement(
                        finding: Finding(
                            category: rule.category,
                            source: .rule(id: rule.id, spans: spans),
                            action: rule.action,
                            segment: segment
                        ),
                        response: rule.response,
                        rewrite: rule.rewrite,
                        targets: [segment],
                        rulePosition: position,
                        sample: rule.sample
                    )
                )
            }
        }
        return judgements
    }

    /// One judgement per category and segment whose score reached the threshold, and one per category that fails closed
    /// for all the segments that could not be judged.
    func modelJudgements(phase: Phase, segmentCount: Int, assessments: [Assessment?]) -> [Judgement] {
        let phasePolicy = self[phase]
        let perSegment = (0..<segmentCount).map { segment -> Assessment? in
            guard segment < assessments.count, let assessment = assessments[segment] else { return nil }
            return phasePolicy.overall != nil && assessment.harm.isNaN ? nil : assessment
        }
        var judgements: [Judgement] = []
        for (category, categoryPolicy) in phasePolicy.categories {
            let scores = perSegment.map {
                $0.map {
                    Score($0.categories[category], of: category, ceiling: $0.ceiling?.categories[category])
                }
            }
            judgements += categoryPolicy.judgements(of: scores, unjudged: category)
        }
        switch phasePolicy.overall {
        case .own(let overall):
            let scores = perSegment.map {
                $0.map { Score($0.harm, of: $0.categories.highest, ceiling: $0.ceiling?.harm) }
            }
            // Without a score all categories tie, and the first of the taxonomy stands for them.
            judgements += overall.judgements(of: scores, unjudged: CategoryScores().highest).map {
                var judgement = $0
                judgement.isOverall = true
                return judgement
            }
        case .likeliestCategory(let threshold):
            judgements += phasePolicy.likeliestJudgements(of: perSegment, threshold: threshold)
        case nil: break
        }
        return judgements
    }
}

extension PhasePolicy {
    /// One judgement per segment whose overall harm reached the threshold, as the likeliest category has it. None where
    /// that category has been found by its own score, and none for a failure: the categories fail by themselves.
    fileprivate func likeliestJudgements(of assessments: [Assessment?], threshold: Double) -> [Judgement] {
        assessments.enumerated().compactMap { segment, assessment in
            guard let assessment, assessment.harm >= threshold else { return nil }
            let category = assessment.categories.highest
            guard let policy = categories[category], assessment.categories[category] < policy.threshold else {
                return nil
            }
            let source = Finding.Source.model(score: assessment.harm, threshold: threshold)
            return policy.judgement(category, source, segment: segment, targets: [segment])
        }
    }
}

/// A score and the category it speaks for.
private struct Score {
    var value: Double
    var category: HarmCategory
    /// What it could be at the most.
    var ceiling: Double

    init(_ value: Double, of category: HarmCategory, ceiling: Double?) {
        self.value = value
        self.category = category
        self.ceiling = ceiling ?? value
    }
}

extension CategoryPolicy {
    /// - Parameters:
    ///   - scores: a score per segment; nil where the model could not judge. A score that is not a number is no judgement
    ///     either: every comparison with it fails, so it would pass for harmless. Nor is one that is below the threshold and
    ///     might not be.
    ///   - unjudged: the category that a failure is recorded under.
    fileprivate func judgements(
        of scores: [Score?],
        unjudged: HarmCategory
    ) -> [Judgement] {
        var judgements: [Judgement] = []
        var missing: [Int] = []
        for (segment, entry) in scores.enumerated() {
            guard let entry, !entry.value.isNaN else {
                missing.append(segment)
                continue
            }
            guard entry.value >= threshold else {
                if entry.ceiling >= threshold { missing.append(segment) }
                continue
            }
            let source = Finding.Source.model(score: entry.value, threshold: threshold)
            judgements.append(judgement(entry.category, source, segment: segment, targets: [segment]))
        }
        if failureMode == .closed, !missing.isEmpty {
            judgements.append(judgement(unjudged, .failure, segment: nil, targets: missing))
        }
        return judgements
    }

    fileprivate func judgement(
        _ category: HarmCategory,
        _ source: Finding.Source,
        segment: Int?,
        targets: [Int]
    ) -> Judgement {
        Judgement(
            finding: Finding(category: category, source: source, action: action, segment: segment),
            response: response,
            rewrite: rewrite,
            targets: targets,
            sample: sample,
            requiredRules: requiredRules
        )
    }
}

extension CategoryScores {
    /// The category with the highest score; of equal ones the first in the taxonomy.
    fileprivate var highest: HarmCategory {
        HarmCategory.allCases.reduce(.violentCrimes) { best, next in
            self[next] > self[best] ? next : best
        }
    }
}
