import Guard
import GuardCore
import Policy
import PolicyLanguage

/// Why a text gets its decision, as `guardian policy explain --text` prints it, and as its `--json` encodes it.
struct TextExplanationReport: Encodable {
    /// One reading of the text, and the rules that match in it.
    struct Reading: Encodable {
        var name: String
        var text: String
        var rules: [String]
    }

    /// One text that the model read.
    struct Scored: Encodable {
        var text: String
        var harm: Double
        var likeliest: String
        var score: Double
    }

    /// A category, or `overall`, whose highest score is held against its threshold.
    struct Score: Encodable {
        var category: String
        var score: Double
        /// Nil where it is not judged.
        var threshold: Double?
        var action: String?
        var isReached: Bool

        private enum CodingKeys: String, CodingKey {
            case category, score, threshold, action
            case isReached = "reached"
        }
    }

    /// One thing that was found.
    struct Found: Encodable {
        var category: String
        var action: String
        var rule: String?
        /// Where the rule matched: first byte and the one behind the last of the text, as UTF-8.
        var spans: [[Int]]
        var score: Double?
        var threshold: Double?
        /// Why it does not count; nil where it does.
        var dismissal: String?
        var isDeciding: Bool

        private enum CodingKeys: String, CodingKey {
            case category, action, rule, spans, score, threshold, dismissal
            case isDeciding = "deciding"
        }
    }

    /// The safeguard response.
    struct Response: Encodable {
        var text: String
        var origin: String
        var subject: String?
    }

    var policy: String
    var mode: String
    var overrides: [String]
    var phase: String
    /// Whether the policy reads such a text at all.
    var isInspected: Bool
    var readings: [Reading]
    var scored: [Scored]
    /// In the order of the taxonomy, `overall` first; empty where the model was not asked.
    var scores: [Score]
    var findings: [Found]
    var decision: String
    /// Why this decision and no other, in a sentence.
    var reason: String
    var response: Response?
    /// What goes on in the text's place.
    var rewritten: String?
    var steering: [String]

    private enum CodingKeys: String, CodingKey {
        case policy, mode, overrides, phase, readings, scored, scores, findings, decision, reason, response, rewritten,
            steering
        case isInspected = "inspected"
    }

    init(_ explanation: TextExplanation, overrides: [String] = [], response: SafeguardResponse?) {
        let (policy, inspection) = (explanation.policy, explanation.inspection)
        self.policy = policy.name
        self.overrides = overrides
        mode = policy.mode.rawValue
        phase = inspection.phase.rawValue
        isInspected = explanation.isInspected
        readings = explanation.readings.map { Reading(name: $0.name, text: $0.text, rules: $0.rules) }
        scored = explanation.scored.map { Scored($0) }
        scores = explanation.scored.isEmpty ? [] : Self.scores(of: inspection, policy)
        findings = explanation.findings.map { Found($0) }
        decision = inspection.decision.action.word
        reason = explanation.reason
        self.response = response.map {
            Response(text: $0.text, origin: $0.origin.rawValue, subject: $0.subject)
        }
        rewritten = explanation.rewritten
        steering = explanation.steering
    }

    private static func scores(of inspection: Inspection, _ policy: Policy) -> [Score] {
        guard let highest = inspection.scores else { return [] }
        let explained = PolicyExplanation(policy).phases.first { $0.phase == inspection.phase }
        return (explained?.categories ?? []).map { category in
            let score = HarmCategory(rawValue: category.category).map { highest.categories[$0] } ?? highest.harm
            return Score(
                category: category.category,
                score: score.thousandths,
                threshold: category.threshold,
                action: category.action?.rawValue ?? category.consequence,
                isReached: category.threshold.map { score >= $0 } ?? false
            )
        }
    }
}

extension TextExplanationReport.Scored {
    fileprivate init(_ scored: TextExplanation.Scored) {
        let categories = scored.assessment.categories
        let likeliest = HarmCategory.allCases.reduce(.violentCrimes) { categories[$1] > categories[$0] ? $1 : $0 }
        self.init(
            text: scored.text,
            harm: scored.assessment.harm.thousandths,
            likeliest: likeliest.rawValue,
            score: categories[likeliest].thousandths
        )
    }
}

extension TextExplanationReport.Found {
    fileprivate init(_ considered: ConsideredFinding) {
        let finding = considered.finding
        self.init(
            category: finding.category.rawValue,
            action: finding.action.rawValue,
            rule: finding.ruleID,
            spans: [],
            dismissal: considered.dismissal?.words,
            isDeciding: considered.isDeciding
        )
        switch finding.source {
        case .rule(_, let spans): self.spans = spans.map { [$0.lowerBound, $0.upperBound] }
        case .model(let score, let threshold): (self.score, self.threshold) = (score.thousandths, threshold)
        case .failure: break
        }
    }
}

extension Dismissal {
    /// Why a finding does not count, in words.
    var words: String {
        switch self {
        case .scoreTooLow(let category, let score, let required):
            "its rule requires \(category.rawValue) from \(required) on, and it is \(score.thousandths)"
        case .vetoed(let rule): "rule '\(rule)' vetoes the category"
        case .ruleMissing(let rules):
            "the category requires a match of \(rules.sorted().map { "'\($0)'" }.joined(separator: " or "))"
        case .sampledOut(let share): "it is recorded for a share of \(share) of the requests"
        }
    }
}

extension TextExplanation {
    /// Why this decision and no other.
    fileprivate var reason: String {
        let role = inspection.phase == .input ? "roles of the input" : "roles of the output"
        guard isInspected else {
            return "the policy does not read it: it is empty, or its speaker is none of the \(role)"
        }
        let counting = findings.filter { $0.dismissal == nil }
        guard let action = inspection.decision.action, let deciding = counting.first(where: \.isDeciding) else {
            return findings.isEmpty
                ? "no rule matches and no score reaches its threshold" : "nothing of what was found counts"
        }
        let strictest = counting.filter { $0.finding.action == action }
        var sentence = deciding.finding.reason
        if counting.count > strictest.count { sentence += "; the strictest action wins: block, rewrite, log" }
        if strictest.count > 1, action == .block {
            sentence +=
                "; of \(strictest.count) that block the caller is told about this one: self-harm first, then rules in the order of the "
                + "file, then the score furthest above its threshold"
        }
        if inspection.decision.isShadow { sentence += "; in shadow mode it is recorded and nothing is done" }
        return sentence
    }
}
