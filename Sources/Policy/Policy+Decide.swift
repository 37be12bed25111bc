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
        let ruleJudgements = ruleJudgements(phase: phase, segments: segments, matches: matches)
            .filter { isSupported($0, by: assessments) }
        var judgements = ruleJudgements
        if !assessments.isEmpty {
            let combination = RuleCombination(ruleJudgements, rules: rules)
            judgements += modelJudgements(phase: phase, segmentCount: segments.count, assessments: assessments)
                .filter { combination.admits($0, in: self[phase]) }
        }
        if let anomaly = anomalyJudgement(phase: phase, of: ruleJudgements) { judgements.append(anomaly) }
        if let sampling {
            judgements.removeAll { $0.finding.action == .log && !sampling.includes($0.sample) }
        }
        judgements.sort(by: Judgement.reportedBefore)

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
}
