import GuardCore

extension AuditRecord.PhaseRecord {
    /// The most findings of a record, and the most places in all of them: whoever asks could make it as long as the request
    /// otherwise, and a place that takes no more than so much at once would never take it.
    package static let mostFindings = 200
    package static let mostSpans = 1000

    /// Those that tell most: one of each rule, category and action first, the strictest among them; in their order.
    static func bounded(_ findings: [Finding]) -> [Finding] {
        guard findings.count > mostFindings || spans(findings) > mostSpans else { return findings }
        var seen: Set<Reason> = []
        let isFurther = findings.map { !seen.insert(Reason($0)).inserted }
        let kept = findings.indices.sorted { left, right in
            guard isFurther[left] == isFurther[right] else { return isFurther[right] }
            let (first, second) = (findings[left].action, findings[right].action)
            return first == second ? left < right : first > second
        }
        .prefix(mostFindings).sorted()
        var room = mostSpans
        return kept.map { index in
            var finding = findings[index]
            if case .rule(let id, let spans) = finding.source {
                finding.source = .rule(id: id, spans: Array(spans.prefix(room)))
                room = max(0, room - spans.count)
            }
            return finding
        }
    }

    static func spans(_ findings: [Finding]) -> Int {
        findings.reduce(0) { count, finding in
            if case .rule(_, let spans) = finding.source { count + spans.count } else { count }
        }
    }

    /// What findings have in common that say the same of different texts.
    private struct Reason: Hashable {
        var category: HarmCategory
        var action: Action
        var rule: String?

        init(_ finding: Finding) {
            category = finding.category
            action = finding.action
            if case .rule(let id, _) = finding.source { rule = id }
        }
    }
}
