import GuardCore

extension Policy {
    /// One judgement per rule and segment, with the spans of all its matches there.
    func ruleJudgements(phase: Phase, segments: [TextSegment], matches: [RuleMatch]) -> [Judgement] {
        guard !matches.isEmpty else { return [] }
        let byRule = Dictionary(grouping: matches, by: \.ruleID)
        var judgements: [Judgement] = []
        for (position, rule) in rules.enumerated() where rule.phases.contains(phase) {
            let bySegment = Dictionary(grouping: byRule[rule.id] ?? [], by: \.segment)
            func isRead(_ segment: Int) -> Bool {
                segments.indices.contains(segment) && rule.roles.contains(segments[segment].role)
            }
            for (segment, found) in bySegment where isRead(segment) {
                let spans = Set(found.map(\.span)).sorted {
                    ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound)
                }
                let covered = found.map(\.covered).filter { !$0.isEmpty }
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
                        further: covered.map { $0.allSatisfy(isRead) ? $0 : ArraySlice($0.filter(isRead)) },
                        rulePosition: position,
                        sample: rule.sample
                    )
                )
            }
        }
        return judgements
    }

    /// One judgement per category and segment whose score reached the threshold (of very many with the same score one for the
    /// rest), and one per category that fails closed for all the segments that could not be judged.
    func modelJudgements(phase: Phase, segmentCount: Int, assessments: [Assessment?]) -> [Judgement] {
        let phasePolicy = self[phase]
        let perSegment = (0..<segmentCount).map { segment -> Assessment? in
            guard segment < assessments.count, let assessment = assessments[segment] else { return nil }
            return phasePolicy.overall != nil && assessment.harm.isNaN ? nil : assessment
        }
        var judgements: [Judgement] = []
        for (category, categoryPolicy) in phasePolicy.categories {
            let scores = perSegment.map { assessment -> Score? in
                guard let assessment, !phasePolicy.mightFind(category, in: assessment) else { return nil }
                return Score(
                    assessment.categories[category],
                    of: category,
                    ceiling: assessment.ceiling?.categories[category]
                )
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
        var found: [Score: [Int]] = [:]
        for (segment, assessment) in assessments.enumerated() {
            guard let assessment, assessment.harm >= threshold else { continue }
            let category = assessment.categories.highest
            guard let policy = categories[category], assessment.categories[category] < policy.threshold else {
                continue
            }
            found[Score(assessment.harm, of: category, ceiling: nil), default: []].append(segment)
        }
        return found.flatMap { score, segments in
            categories[score.category]?.judgements(of: score, threshold: threshold, in: segments) ?? []
        }
    }

    /// Whether overall harm might be found under a category by the scores that an engine did not give: the text may be over the
    /// line, no other category is sure to be likelier, and more would follow than is certain.
    fileprivate func mightFind(_ category: HarmCategory, in assessment: Assessment) -> Bool {
        guard case .likeliestCategory(let threshold) = overall, let most = assessment.ceiling,
            most.harm >= threshold, let policy = categories[category],
            assessment.categories[category] < policy.threshold
        else { return false }
        let likeliest = assessment.categories.highest
        guard most.categories[category] >= assessment.categories[likeliest] else { return false }
        guard assessment.harm >= threshold, let certain = categories[likeliest] else { return true }
        return certain.action < policy.action
    }
}

/// A score and the category it speaks for.
private struct Score: Hashable {
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
        var found: [Score: [Int]] = [:]
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
            found[entry, default: []].append(segment)
        }
        var judgements = found.flatMap { self.judgements(of: $0, threshold: threshold, in: $1) }
        if failureMode == .closed, !missing.isEmpty {
            judgements.append(judgement(unjudged, .failure, segment: nil, targets: missing))
        }
        return judgements
    }

    /// The most texts with the same score that are told one by one.
    private static let mostAlike = 256

    /// One judgement per segment. Of very many the last is told with the rest of them: they are parts of one turn, or repeat one
    /// another.
    fileprivate func judgements(of score: Score, threshold: Double, in segments: [Int]) -> [Judgement] {
        let source = Finding.Source.model(score: score.value, threshold: threshold)
        var judgements = segments.prefix(Self.mostAlike).map {
            judgement(score.category, source, segment: $0, targets: [$0])
        }
        let rest = segments.dropFirst(Self.mostAlike)
        if !rest.isEmpty { judgements[judgements.count - 1].further = [rest] }
        return judgements
    }

    private func judgement(
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
