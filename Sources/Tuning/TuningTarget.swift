#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// What a threshold is to keep to on texts that nobody has seen yet.
package enum TuningTarget: Sendable, Equatable {
    /// At most this share of what is not of the category reaches it. The lowest such threshold is chosen.
    case falsePositiveRate(Double)
    /// At least this share of what reaches it is of the category. The lowest such threshold is chosen. The share holds for
    /// the mix of the labelled texts: where harm is rarer, precision is lower.
    case precision(Double)
    /// At least this share of what is of the category reaches it. The highest such threshold is chosen.
    case recall(Double)
    /// What is missed and what is wrongly found costs least on the labelled texts, in their mix. Of equally cheap thresholds
    /// the highest is chosen. Nothing is promised for other texts; what it costs on unseen ones is counted.
    case cost(missed: Double, falseAlarm: Double)

    /// Reads `fpr=0.01`, `precision=0.9`, `recall=0.8` or `cost=5:1`; nil is anything else. A share is above 0 and below 1, a
    /// cost above 0 and at most a million.
    package init?(_ text: String) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        if parts.count == 2, parts[0] == "cost" {
            let words = parts[1].split(separator: ":", omittingEmptySubsequences: false)
            let costs = words.compactMap { Double($0) }.filter { $0 > 0 && $0 <= 1_000_000 }
            guard words.count == 2, costs.count == 2 else { return nil }
            self = .cost(missed: costs[0], falseAlarm: costs[1])
            return
        }
        guard parts.count == 2, let share = Double(parts[1]), share > 0, share < 1 else { return nil }
        switch parts[0] {
        case "fpr": self = .falsePositiveRate(share)
        case "precision": self = .precision(share)
        case "recall": self = .recall(share)
        default: return nil
        }
    }

    package var words: String {
        switch self {
        case .falsePositiveRate(let share): "false-positive rate at most \(share)"
        case .precision(let share): "precision at least \(share)"
        case .recall(let share): "recall at least \(share)"
        case .cost(let missed, let falseAlarm): "least cost, a miss at \(missed), a false alarm at \(falseAlarm)"
        }
    }

    /// Whether an outcome, as counted, keeps to it.
    package func isMet(by outcome: Outcome) -> Bool {
        switch self {
        case .falsePositiveRate(let share): outcome.falsePositiveRate.value.map { $0 <= share } ?? true
        case .precision(let share): outcome.precision.value.map { $0 >= share } ?? true
        case .recall(let share): outcome.recall.value.map { $0 >= share } ?? true
        case .cost: true
        }
    }

    /// The fewest labels with which a threshold can be said to keep to it, if not one of them spoils it.
    ///
    /// - Parameter confidence: 0..<1.
    func fewest(confidence: Double) -> (positives: Int, negatives: Int) {
        let least = Self.leastLabels
        switch self {
        case .falsePositiveRate(let share):
            // A share may be too small for what is left of 1 to differ from it.
            return (least, max(least, Self.trials(logProbability: log1p(-share), confidence: confidence)))
        case .precision(let share), .recall(let share):
            return (max(least, Self.trials(logProbability: log(share), confidence: confidence)), least)
        case .cost: return (least, least)
        }
    }

    /// Below this, a category's texts say too little about it whatever the arithmetic says.
    private static let leastLabels = 10

    /// The fewest successes in a row that are unlikely with no more than this probability; 10^18 stands for all above.
    ///
    /// - Parameter logProbability: of one success; below 0.
    private static func trials(logProbability: Double, confidence: Double) -> Int {
        Int(min((log(1 - confidence) / logProbability).rounded(.up), 1e18))
    }
}
