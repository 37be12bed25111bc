import Foundation
import GuardCore
import Policy
import PolicyLanguage
import Tuning

/// What a model and a policy's thresholds make of labelled texts.
struct Evaluation {
    struct Row {
        var text: LabelledText
        var assessment: Assessment
        /// Where the policy's rules match: scores may count with some of them only, or not beside others.
        var matches: [RuleMatch]
    }

    /// One line of a table: some rows under one label.
    struct Line {
        var name: String
        var threshold: Double
        var scores: LabelledScores
        /// Of the rows, what the policy as a whole stops or notes; under overall harm only.
        var reached: Outcome?

        var outcome: Outcome { scores.outcome(at: threshold) }
    }

    var rows: [Row]
    var policy: Policy
    /// That all rows took together.
    var seconds: Double
    /// Of single texts, one after the other, sorted.
    var milliseconds: [Double]

    /// Overall harm, then the categories that have a label in the rows and a threshold in the policy.
    func categories(_ phase: Phase) -> [Line] {
        ([ThresholdKey(phase, nil)] + HarmCategory.allCases.map { ThresholdKey(phase, $0) }).compactMap { key in
            let line = line(key, name: key.name, rows.filter { $0.text.phase == phase })
            return (line?.scores.rows.isEmpty ?? true) ? nil : line
        }
    }

    /// Overall harm, by the source of the rows.
    func sources(_ phase: Phase) -> [Line] {
        let rows = rows.filter { $0.text.phase == phase }
        return Set(rows.compactMap(\.text.source)).sorted().compactMap { source in
            line(ThresholdKey(phase, nil), name: source, rows.filter { $0.text.source == source })
        }
    }

    private func line(_ key: ThresholdKey, name: String, _ rows: [Row]) -> Line? {
        // Without a threshold for overall harm its scores can still be ranked.
        guard let threshold = policy[threshold: key] ?? (key.category == nil ? 0.5 : nil) else { return nil }
        var scored: [LabelledScores.Row] = []
        var reached = Outcome()
        for row in rows {
            guard let isPositive = row.text.label.isPositive(key) else { continue }
            scored.append(.init(score: row.assessment.score(key), isPositive: isPositive, key: row.text.key))
            guard key.category == nil else { continue }
            reached.count([.init(score: isReached(row) ? 1 : 0, isPositive: isPositive, key: row.text.key)], at: 1)
        }
        return Line(
            name: name,
            threshold: threshold,
            scores: LabelledScores(scored),
            reached: key.category == nil ? reached : nil
        )
    }

    /// Whether the policy finds anything by the model's scores: a threshold that is reached may be one of what it ignores.
    private func isReached(_ row: Row) -> Bool {
        let phase = row.text.phase
        guard policy[phase].roles.contains(row.text.role) else { return false }
        let decision = policy.decide(
            phase: phase,
            segments: [row.text.segment],
            assessments: [row.assessment],
            matches: row.matches
        )
        return decision.findings.contains { finding in
            if case .model = finding.source { true } else { false }
        }
    }

    /// The rows whose overall score is furthest from their label, the worst first.
    func hardest(_ count: Int = 40) -> [Row] {
        let labelled = rows.compactMap { row in row.text.isHarmful.map { (row, $0) } }
        let wrong = labelled.filter { ($0.0.assessment.harm >= 0.5) != $0.1 }
        func distance(_ row: (Row, Bool)) -> Double { abs(row.0.assessment.harm - (row.1 ? 1 : 0)) }
        return wrong.sorted { distance($0) > distance($1) }.prefix(count).map(\.0)
    }
}

extension Evaluation {
    static let header = [
        "", "harmful", "harmless", "AUROC", "threshold", "precision", "recall", "F1", "false alarms", "ECE",
        "policy: recall",
        "policy: false alarms",
    ]

    /// The cells of a line.
    static func cells(_ line: Line) -> [String] {
        let outcome = line.outcome
        return [
            line.name, "\(outcome.positives)", "\(outcome.negatives)",
            line.scores.areaUnderCurve.map { digits($0, 3) } ?? "-", "\(line.threshold)",
            percent(outcome.precision.value), percent(outcome.recall.value), outcome.f1.map { digits($0, 3) } ?? "-",
            percent(outcome.falsePositiveRate.value),
            Reliability(line.scores).expectedError.map { digits($0, 3) } ?? "-",
            percent(line.reached?.recall.value), percent(line.reached?.falsePositiveRate.value),
        ]
    }

    /// For a terminal.
    var tables: String {
        var blocks = [
            "\(rows.count) texts in \(Self.digits(seconds, 1)) s; one alone: median \(Self.digits(median, 1)) ms"
        ]
        for phase in Phase.allCases {
            for (title, lines) in [("by category", categories(phase)), ("by source", sources(phase))]
            where !lines.isEmpty {
                let table = TextTable(header: Self.header, rows: lines.map(Self.cells))
                blocks.append("\(phase.rawValue), \(title):\n\(table)")
            }
        }
        return blocks.joined(separator: "\n\n")
    }

    /// Of an even number, the mean of the two in the middle.
    var median: Double {
        guard !milliseconds.isEmpty else { return 0 }
        return (milliseconds[(milliseconds.count - 1) / 2] + milliseconds[milliseconds.count / 2]) / 2
    }

    static func digits(_ value: Double, _ count: Int) -> String {
        String(format: "%.\(count)f", locale: Locale(identifier: "en_US_POSIX"), value)
    }

    static func percent(_ value: Double?) -> String { value.map { digits(100 * $0, 1) + " %" } ?? "-" }
}

extension Evaluation {
    struct Object: Encodable {
        var texts: Int
        var seconds: Double
        var medianMilliseconds: Double
        var lines: [LineObject]

        private enum CodingKeys: String, CodingKey {
            case texts, seconds, lines
            case medianMilliseconds = "median_ms"
        }
    }

    struct LineObject: Encodable {
        var phase: String
        var by: String
        var name: String
        var positives: Int
        var negatives: Int
        var auroc: Double?
        var threshold: Double
        var precision: Double?
        var recall: Double?
        var f1: Double?
        var falsePositiveRate: Double?
        var ece: Double?
        var policyRecall: Double?
        var policyFalsePositiveRate: Double?

        private enum CodingKeys: String, CodingKey {
            case phase, by, name, positives, negatives, auroc, threshold, precision, recall, f1, ece
            case falsePositiveRate = "false_positive_rate"
            case policyRecall = "policy_recall"
            case policyFalsePositiveRate = "policy_false_positive_rate"
        }
    }

    /// For programs.
    var object: Object {
        var found: [LineObject] = []
        for phase in Phase.allCases {
            for (by, lines) in [("category", categories(phase)), ("source", sources(phase))] {
                found += lines.map { line in
                    let outcome = line.outcome
                    return LineObject(
                        phase: phase.rawValue,
                        by: by,
                        name: line.name,
                        positives: outcome.positives,
                        negatives: outcome.negatives,
                        auroc: line.scores.areaUnderCurve,
                        threshold: line.threshold,
                        precision: outcome.precision.value,
                        recall: outcome.recall.value,
                        f1: outcome.f1,
                        falsePositiveRate: outcome.falsePositiveRate.value,
                        ece: Reliability(line.scores).expectedError,
                        policyRecall: line.reached?.recall.value,
                        policyFalsePositiveRate: line.reached?.falsePositiveRate.value
                    )
                }
            }
        }
        return Object(texts: rows.count, seconds: seconds, medianMilliseconds: median, lines: found)
    }
}
