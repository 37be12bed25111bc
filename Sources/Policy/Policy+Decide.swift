package import GuardCore

extension Policy {
    /// The pure function from what was seen to what is done.
    ///
    /// The strictest action of all findings is the decision's: block > rewrite > log. A block drops the edits, for nothing
    /// is forwarded. Shadow mode decides the same and only says so.
    ///
    /// - Parameters:
    ///   - phase: where the texts were seen.
    ///   - segments: the inspected texts, in the order that findings index; only those whose role the phase inspects.
    ///   - assessments: the model's scores per segment; nil where the model was asked and could not judge, and a missing
    ///     one at the end counts as nil. An empty array means that the model was not asked.
    ///   - matches: where rules matched. A match of a rule that the policy does not have in this phase, or of a segment
    ///     that was not given, is none.
    ///   - sampling: the request, where what is recorded for a share of them is left out of the others; nil leaves nothing out.
    package func decide(
        phase: Phase,
        segments: [TextSegment],
        assessments: [Assessment?],
        matches: [RuleMatch],
        sampling: Sampling? = nil
    ) -> Decision {
        let judgements = considered(
            phase: phase,
            segments: segments,
            assessments: assessments,
            matches: matches,
            sampling: sampling
        ).compactMap { $0.dismissal == nil ? $0.judgement : nil }

        var decision = Decision(
            action: judgements.first?.finding.action,
            findings: judgements.map(\.finding),
            isShadow: mode == .shadow
        )
        switch decision.action {
        case .block: decision.reply = Judgement.deciding(among: judgements)?.reply
        case .rewrite:
            (decision.edits, decision.restorations) = EditPlan(judgements, phase: phase, segments: segments).result
        case .log, nil: break
        }
        return decision
    }

    /// Everything that was found, in the order of `Decision.findings`, with why it does not count where it does not: the same
    /// judgements that `decide` makes of the same arguments.
    package func findingsConsidered(
        phase: Phase,
        segments: [TextSegment],
        assessments: [Assessment?],
        matches: [RuleMatch],
        sampling: Sampling? = nil
    ) -> [ConsideredFinding] {
        let all = considered(
            phase: phase,
            segments: segments,
            assessments: assessments,
            matches: matches,
            sampling: sampling
        )
        let deciding = Judgement.deciding(among: all.filter { $0.dismissal == nil }.map(\.judgement))?.finding
        return all.map {
            ConsideredFinding(
                finding: $0.judgement.finding,
                dismissal: $0.dismissal,
                isDeciding: $0.dismissal == nil && $0.judgement.finding == deciding
            )
        }
    }

    private func considered(
        phase: Phase,
        segments: [TextSegment],
        assessments: [Assessment?],
        matches: [RuleMatch],
        sampling: Sampling?
    ) -> [(judgement: Judgement, dismissal: Dismissal?)] {
        var all = ruleJudgements(phase: phase, segments: segments, matches: matches)
            .map { (judgement: $0, dismissal: dismissal(of: $0, by: assessments)) }
        let ruleJudgements = all.filter { $0.dismissal == nil }.map(\.judgement)
        if !assessments.isEmpty {
            let judgements = modelJudgements(phase: phase, segmentCount: segments.count, assessments: assessments)
            let required = judgements.reduce(into: Set<String>()) { $0.formUnion($1.requiredRules) }
            let combination = RuleCombination(ruleJudgements, rules: rules, required: required)
            all += judgements.map { ($0, combination.dismissal(of: $0)) }
        }
        if let anomaly = anomalyJudgement(phase: phase, of: ruleJudgements) { all.append((anomaly, nil)) }
        if let sampling {
            for (index, item) in all.enumerated() where item.dismissal == nil && item.judgement.finding.action == .log {
                guard !sampling.includes(item.judgement.sample) else { continue }
                all[index].dismissal = .sampledOut(share: item.judgement.sample)
            }
        }
        return all.sorted { Judgement.reportedBefore($0.judgement, $1.judgement) }
    }
}
