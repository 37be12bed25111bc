import Foundation
import GuardCore
import Policy
import PolicyLanguage
import Tuning

/// What `guardian tune` found, for people and for programs.
struct TuningReport {
    /// What the labels are, in a line.
    var origin: String
    var choice: ThresholdChoice
    var folds: Int
    /// The share of the labels that no threshold was chosen from.
    var holdOut: Double
    var tunings: [(key: ThresholdKey, value: CategoryTuning)] = []
    /// What each of them was chosen from, in the same order.
    var scores: [LabelledScores] = []

    init(origin: String, choice: ThresholdChoice, folds: Int, holdOut: Double) {
        self.origin = origin
        self.choice = choice
        self.folds = folds
        self.holdOut = holdOut
    }

    /// The thresholds that were chosen.
    var thresholds: [ThresholdKey: Double] {
        var thresholds: [ThresholdKey: Double] = [:]
        for (key, tuning) in tunings { thresholds[key] = tuning.after }
        return thresholds
    }

    func table(left: [ThresholdKey: ThresholdText.Obstacle]) -> String {
        let texts = holdOut > 0 ? "the labelled texts that are not held out" : "all labelled texts"
        var blocks = [
            """
            \(origin)
            target: \(choice.target.words), to hold on other texts with \(Self.percent(choice.confidence)) confidence
            now: the threshold of the policy, on \(texts). then: thresholds chosen in the same way from the others, \
            on each of \(folds) parts unseen; in brackets 95 % intervals
            """
        ]
        for phase in Phase.allCases {
            let rows = tunings.filter { $0.key.phase == phase }
            guard !rows.isEmpty else { continue }
            let header = [
                "category", "of it", "not", "threshold", "false positives now", "then", "recall now", "then",
                "precision now",
                "then",
            ]
            blocks.append(
                "\(phase.rawValue):\n" + TextTable(header: header, rows: rows.map { Self.row($0.value) }).description
            )
        }
        if holdOut > 0 { blocks.append(heldOutTable) }
        let notes = tunings.compactMap { note($0.key, $0.value, left: left[$0.key]) }
        if !notes.isEmpty { blocks.append("left as they are:\n" + notes.map { "  \($0)" }.joined(separator: "\n")) }
        return blocks.joined(separator: "\n\n")
    }

    /// What the chosen thresholds do to the texts that had no part in them.
    private var heldOutTable: String {
        let header = ["category", "of it", "not", "threshold", "false positives", "recall", "precision", "target"]
        var kept = 0
        var rows: [[String]] = []
        for (key, tuning) in tunings {
            guard let threshold = tuning.after, let outcome = tuning.heldOut else { continue }
            let isMet = choice.target.isMet(by: outcome)
            if isMet { kept += 1 }
            rows.append([
                "\(key.phase.rawValue) \(key.name)", "\(outcome.positives)", "\(outcome.negatives)", "\(threshold)",
                Self.interval(outcome.falsePositiveRate), Self.interval(outcome.recall),
                Self.interval(outcome.precision), isMet ? "kept" : "missed",
            ])
        }
        return "held out, \(Self.percent(holdOut)) of the labels: target kept by \(kept) of \(rows.count)\n"
            + TextTable(header: header, rows: rows).description
    }

    private static func row(_ tuning: CategoryTuning) -> [String] {
        let now = tuning.outcomeBefore
        let threshold = tuning.after.map { "\(tuning.before) -> \($0)" } ?? "\(tuning.before)"
        let then = tuning.unseen
        return [
            tuning.name, "\(now.positives)", "\(now.negatives)", threshold,
            share(now.falsePositiveRate), then.map { interval($0.falsePositiveRate) } ?? "-",
            share(now.recall), then.map { interval($0.recall) } ?? "-",
            share(now.precision), then.map { interval($0.precision) } ?? "-",
        ]
    }

    /// Why a threshold stays as it is; nil where it does not.
    private func note(_ key: ThresholdKey, _ tuning: CategoryTuning, left: ThresholdText.Obstacle?) -> String? {
        let name = "\(key.phase.rawValue) \(key.name)"
        switch tuning.refusal {
        case .tooFewLabels(let positives, let negatives):
            let missing = [(positives, "of it"), (negatives, "not of it")].filter { $0.0 > 0 }.map {
                "\($0.0) more texts \($0.1)"
            }
            return "\(name): \(missing.joined(separator: " and ")) are needed for this target"
        case .outOfReach: return "\(name): no threshold keeps to the target"
        case nil: return left.map { "\(name): \($0.words)" }
        }
    }

    private static func percent(_ value: Double) -> String {
        let digits = value >= 0.1 || value == 0 ? 0 : 1
        return String(format: "%.\(digits)f %%", locale: Locale(identifier: "en_US_POSIX"), value * 100)
    }

    private static func fine(_ value: Double) -> String {
        String(format: "%.2f", locale: Locale(identifier: "en_US_POSIX"), value * 100)
    }

    private static func share(_ share: Share) -> String { share.value.map { "\(fine($0)) %" } ?? "-" }

    private static func interval(_ share: Share) -> String {
        guard let value = share.value else { return "-" }
        let interval = share.interval()
        return "\(fine(value)) % [\(fine(interval.lowerBound)), \(fine(interval.upperBound))]"
    }
}

extension TuningReport {
    struct Object: Encodable {
        var labels: String
        var target: String
        var confidence: Double
        var folds: Int
        var thresholds: [Row]
    }

    struct Row: Encodable {
        var phase: String
        var category: String
        var before: Double
        var after: Double?
        var note: String?
        var now: Counts
        var chosen: Counts?
        var unseen: Counts?
        var heldOut: Counts?

        private enum CodingKeys: String, CodingKey {
            case phase, category, before, after, note, now, chosen, unseen
            case heldOut = "held_out"
        }
    }

    struct Counts: Encodable {
        var positives: Int
        var negatives: Int
        var truePositives: Int
        var falsePositives: Int

        init(_ outcome: Outcome) {
            positives = outcome.positives
            negatives = outcome.negatives
            truePositives = outcome.truePositives
            falsePositives = outcome.falsePositives
        }

        private enum CodingKeys: String, CodingKey {
            case positives, negatives
            case truePositives = "true_positives"
            case falsePositives = "false_positives"
        }
    }

    func object(left: [ThresholdKey: ThresholdText.Obstacle]) -> Object {
        Object(
            labels: origin,
            target: choice.target.words,
            confidence: choice.confidence,
            folds: folds,
            thresholds: tunings.map { key, tuning in
                Row(
                    phase: key.phase.rawValue,
                    category: key.name,
                    before: tuning.before,
                    after: tuning.after,
                    note: note(key, tuning, left: left[key]),
                    now: Counts(tuning.outcomeBefore),
                    chosen: tuning.outcomeAfter.map(Counts.init),
                    unseen: tuning.unseen.map(Counts.init),
                    heldOut: tuning.heldOut.map(Counts.init)
                )
            }
        )
    }
}
