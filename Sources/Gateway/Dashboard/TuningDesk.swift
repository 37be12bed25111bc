import Audit
import DecisionStore
import Foundation
import Guard
import GuardCore
import NIOHTTP1
import Policy
import PolicyLanguage
import Rules

/// What other thresholds would have done to recorded traffic, and a policy file with them, to be tried beside the live one.
struct TuningDesk: Sendable {
    let store: DecisionStore
    /// The policy in force.
    let policy: @Sendable () -> Policy
    /// Absolute path of its file.
    let file: String
    /// Absolute path of the candidate's; nil if none is configured.
    let candidate: String?

    /// Decisions that are looked at, at the most.
    static let limit = 20_000

    struct Scores: Encodable {
        struct Row: Encodable {
            var action: String
            /// In the order of `names`.
            var scores: [Double]
            /// Whether the decision was right, if somebody said so.
            var right: Bool?
            /// The category that it should have been found in.
            var category: String?
        }

        var names: [String]
        /// By name; those that are judged.
        var thresholds: [String: Double]
        var actions: [String: String]
        var rows: [Row]
    }

    /// The scores that were recorded for a phase, the newest first, but for those beside a failure: they are not of all texts.
    func scores(_ query: AdminQuery) throws -> Scores {
        let phase = Phase(rawValue: query["phase"] ?? "input") ?? .input
        let keys = Self.keys(phase)
        let policy = policy()
        var scores = Scores(names: keys.map(\.name), thresholds: [:], actions: [:], rows: [])
        for key in keys {
            scores.thresholds[key.name] = policy[threshold: key]
            scores.actions[key.name] = policy.action(key)?.rawValue
        }
        let decisions = try store.scored(
            phase: phase,
            since: .now().before(minutes: 60 * query.integer("hours", 24, in: 1...24 * 90)),
            limit: query.integer("limit", 5000, in: 1...Self.limit)
        )
        scores.rows = decisions.compactMap { decision in
            guard !decision.isFailure, let found = decision.scores else { return nil }
            return Scores.Row(
                action: decision.action?.rawValue ?? "allow",
                scores: keys.map { (found.score($0) * 10_000).rounded() / 10_000 },
                right: decision.mark?.isRight,
                category: decision.mark?.category?.rawValue
            )
        }
        return scores
    }

    /// Thresholds by phase and name, and how far back traffic is looked at.
    struct Wanted: Decodable {
        var input: [String: Double]?
        var output: [String: Double]?
        var hours: Int?
    }

    struct Preview: Encodable {
        struct Count: Encodable {
            var phase: String
            /// What the policy in force decides, whatever was decided when it was recorded.
            var before: String
            var after: String
            var count: Int
        }

        struct Change: Encodable {
            var request: String
            var phase: String
            var before: String
            var after: String
        }

        var judged = 0
        var changed = 0
        /// Phases of which too little was recorded.
        var undecided = 0
        var counts: [Count] = []
        /// The newest of those that change.
        var changes: [Change] = []
        /// Of what somebody marked: decided as it should be, under the policy in force and under the new thresholds.
        var marked = 0
        var rightNow = 0
        var rightThen = 0
        /// Thresholds that cannot be changed in the file, and why.
        var left: [String: String] = [:]
    }

    func preview(_ wanted: Wanted) throws -> Preview {
        let (bytes, left) = try edited(text(of: file), of: file, Self.thresholds(wanted))
        let (policy, rules) = try compiled(bytes, as: file)
        let live = self.policy()
        let now = PolicyReplay(policy: live, rules: try RuleSet(live.rules))
        let then = PolicyReplay(policy: policy, rules: rules)
        var preview = Preview()
        preview.left = left
        let since = AuditTime.now().before(minutes: 60 * min(max(wanted.hours ?? 24, 1), 24 * 90))
        var table: [[String]: Int] = [:]
        for phase in Phase.allCases {
            for decision in try store.scored(phase: phase, since: since, limit: Self.limit) {
                let entry = PolicyReplay.Entry(decision, phase: phase)
                guard let before = now.decision(about: entry), let after = then.decision(about: entry) else {
                    preview.undecided += 1
                    continue
                }
                preview.judged += 1
                preview.note(decision, before: before.action, after: after.action)
                let words = [phase.rawValue, before.action.word, after.action.word]
                table[words, default: 0] += 1
                guard words[1] != words[2] else { continue }
                preview.changed += 1
                guard preview.changes.count < 50 else { continue }
                preview.changes.append(
                    .init(request: decision.requestID, phase: words[0], before: words[1], after: words[2])
                )
            }
        }
        preview.counts = table.map { .init(phase: $0.key[0], before: $0.key[1], after: $0.key[2], count: $0.value) }
            .sorted { ($0.phase, $0.before, $0.after) < ($1.phase, $1.before, $1.after) }
        return preview
    }

    struct Saved: Encodable {
        var file: String
        /// Whether the gateway tries it on live traffic.
        var isTried: Bool
        var left: [String: String]
    }

    /// Writes thresholds to the candidate's file, never to the live policy's: into the candidate's own text where there is one,
    /// else into a copy of the live policy's. A candidate that is another policy stays as it is.
    func save(_ wanted: Wanted) throws -> Saved {
        let path = candidate ?? Self.besides(file)
        let live = policy()
        var thresholds = try Self.thresholds(wanted)
        var base = file
        if FileManager.default.fileExists(atPath: path) {
            // By what the paths lead to: a link to the live policy's file is that file.
            guard FileStamps(of: [path]) != FileStamps(of: [file]) else {
                throw APIProblem(
                    .conflict,
                    "not written: \(path) is the file of the policy in force. "
                        + "Name another one under 'candidate' in the configuration."
                )
            }
            base = path
            let old = try present(path, beside: live)
            // What was not moved is as in the policy in force, whatever was tried before.
            for key in Phase.allCases.flatMap(Self.keys) {
                let threshold = thresholds[key] ?? live[threshold: key]
                thresholds[key] = threshold == old[threshold: key] ? nil : threshold
            }
        }
        let (bytes, left) = try edited(text(of: base), of: base, thresholds)
        // As the file that it will be: what it includes is looked for from that file's folder.
        let (new, _) = try compiled(bytes, as: path)
        if let change = Self.change(beyondThresholds: live, new) {
            throw APIProblem(.conflict, "not written: more than a threshold would change: \(change)")
        }
        do {
            try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw APIProblem(
                .conflict,
                "\(path): the file cannot be written: \(error.localizedDescription). "
                    + "Name one that can be under 'candidate' in the configuration."
            )
        }
        return Saved(file: path, isTried: candidate != nil, left: left)
    }

    /// `default.yaml` becomes `default.candidate.yaml`.
    static func besides(_ path: String) -> String {
        let url = URL(fileURLWithPath: path)
        let name = url.deletingPathExtension().lastPathComponent + ".candidate." + url.pathExtension
        return url.deletingLastPathComponent().appendingPathComponent(name).path
    }

    private static func keys(_ phase: Phase) -> [ThresholdKey] {
        [ThresholdKey(phase, nil)] + HarmCategory.allCases.map { ThresholdKey(phase, $0) }
    }

    private static func thresholds(_ wanted: Wanted) throws -> [ThresholdKey: Double] {
        var thresholds: [ThresholdKey: Double] = [:]
        for (phase, values) in [(Phase.input, wanted.input ?? [:]), (.output, wanted.output ?? [:])] {
            let keys = Dictionary(uniqueKeysWithValues: Self.keys(phase).map { ($0.name, $0) })
            for (name, value) in values {
                guard let key = keys[name] else { throw APIProblem(.badRequest, "unknown category '\(name)'") }
                guard (0...1).contains(value) else {
                    throw APIProblem(.badRequest, "the threshold of '\(name)' must be from 0 to 1, not \(value)")
                }
                thresholds[key] = value
            }
        }
        return thresholds
    }

    /// The first thing that sets two policies apart and is no threshold.
    private static func change(beyondThresholds old: Policy, _ new: Policy) -> PolicyDifference.Change? {
        PolicyDifference(from: old, to: new).beyondThresholds.first
    }

    /// The candidate that is there, if it is the policy in force with other thresholds.
    private func present(_ path: String, beside live: Policy) throws -> Policy {
        let old: Policy
        do throws(APIProblem) {
            old = try compiled(text(of: path), as: path).policy
        } catch {
            throw APIProblem(.conflict, "not written: what stands in \(path) is no valid policy: \(error.words)")
        }
        if let change = Self.change(beyondThresholds: live, old) {
            throw APIProblem(
                .conflict,
                "not written: \(path) differs from the policy in force in more than thresholds: \(change). "
                    + "Change the thresholds there by hand, or put the file away."
            )
        }
        return old
    }

    private func text(of path: String) throws(APIProblem) -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw APIProblem(.conflict, "\(path): the file cannot be read")
        }
        return Array(data)
    }

    /// The text of a policy file with thresholds in it, and those that it has no place for.
    private func edited(
        _ text: [UInt8],
        of path: String,
        _ thresholds: [ThresholdKey: Double]
    ) throws(APIProblem) -> (bytes: [UInt8], left: [String: String]) {
        do throws(PolicyError) {
            let (bytes, left) = try ThresholdText(bytes: text, file: path).setting(thresholds)
            let words = left.map { ("\($0.key.phase.rawValue).\($0.key.name)", $0.value.words) }
            return (bytes, Dictionary(uniqueKeysWithValues: words))
        } catch {
            throw APIProblem(.conflict, "\(error)")
        }
    }

    private func compiled(_ bytes: [UInt8], as file: String) throws(APIProblem) -> PolicyCompiler.Compiled {
        do throws(GatewayError) {
            return try PolicyCompiler.compile(bytes: bytes, file: file)
        } catch {
            throw APIProblem(.conflict, "\(error)")
        }
    }
}

extension TuningDesk.Preview {
    /// Counts a decision that somebody marked.
    fileprivate mutating func note(_ decision: ScoredDecision, before: Action?, after: Action?) {
        guard let mark = decision.mark else { return }
        marked += 1
        // The mark is about what was recorded.
        let isHarmful = (decision.action != nil) == mark.isRight
        if (before != nil) == isHarmful { rightNow += 1 }
        if (after != nil) == isHarmful { rightThen += 1 }
    }
}

extension Action? {
    /// As a record has it.
    fileprivate var word: String { self?.rawValue ?? "allow" }
}

extension PolicyReplay.Entry {
    fileprivate init(_ decision: ScoredDecision, phase: Phase) {
        self.init(
            requestID: decision.requestID,
            phase: phase,
            scope: RequestScope(
                routes: [decision.route, decision.dialect].compactMap { $0 },
                model: decision.model,
                tenant: decision.tenant
            ),
            action: decision.action,
            scores: decision.scores,
            rules: Set(decision.rules),
            isFailure: decision.isFailure
        )
    }
}

extension Policy {
    /// What is done about a category, or overall harm, that reaches its threshold; nil where it is not judged.
    fileprivate func action(_ key: ThresholdKey) -> Action? {
        guard let category = key.category else {
            guard case .own(let overall) = self[key.phase].overall else { return nil }
            return overall.action
        }
        return self[key.phase].categories[category]?.action
    }
}
