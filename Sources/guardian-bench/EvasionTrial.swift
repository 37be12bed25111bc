import Foundation
import Gateway
import Guard
import GuardCore
import GuardianModel
import Policy
import Rules

/// What is decided about texts when they are disguised, by the rules and the model of a policy.
struct EvasionTrial {
    private let pipeline: GuardPipeline
    private let rules: RuleSet
    private let engine: GuardianEngine

    /// Texts that are judged at once.
    private static let width = 16

    init(packed: PackedOption, policy path: String) throws {
        let (policy, rules) = try PolicyCompiler.compile(path: path)
        engine = try Gateway.engine(
            GatewayConfiguration.Model(file: packed.model, threads: packed.threads),
            capacity: Self.width
        )
        self.rules = rules
        pipeline = GuardPipeline(policy: policy, rules: rules, classifier: engine, writer: engine)
    }

    func run(_ corpus: PairCorpus, count: Int, json: Bool) async throws {
        defer { engine.shutDown() }
        let pairs = corpus.sample(count)
        let kinds = [("harmful", pairs.map(\.harmful)), ("harmless", pairs.map(\.harmless))]
        for (kind, texts) in kinds {
            let plain = try await decisions(texts)
            report("evasion.\(kind).plain.blocked", plain.map { $0 == .block }, json: json)
            for disguise in Disguise.all {
                let disguised = try await decisions(texts.map(disguise.apply))
                let name = disguise.name.replacing(" ", with: "_")
                report("evasion.\(kind).\(name).alike", zip(plain, disguised).map { $0 == $1 }, json: json)
                report("evasion.\(kind).\(name).blocked", disguised.map { $0 == .block }, json: json)
            }
        }
        for script in HonestLines.all {
            let bare = try await bareDecisions(script.lines)
            let read = try await decisions(script.lines)
            report(
                "evasion.honest.\(script.name).newly_flagged",
                zip(bare, read).map { $0 == nil && $1 != nil },
                json: json
            )
            report("evasion.honest.\(script.name).flagged_without_views", bare.map { $0 != nil }, json: json)
        }
    }

    private func report(_ name: String, _ holds: [Bool], json: Bool) {
        let share = Double(holds.count(where: \.self)) / Double(max(1, holds.count))
        if json {
            print(#"{"name":"\#(name)","samples":\#(holds.count),"unit":"1","value":\#(share)}"#)
        } else {
            print("\(name): \((share * 1000).rounded() / 1000) of \(holds.count)")
        }
    }

    /// The action for each text; nil is allow.
    private func decisions(_ texts: [String]) async throws -> [Action?] {
        try await inParallel(texts) { text in
            let inspection = await pipeline.inspect([Self.segment(text)], phase: .input, deadline: nil)
            if let failure = inspection.failure { throw failure }
            return inspection.decision.action
        }
    }

    /// The same without views: rules and model read the text as it is.
    private func bareDecisions(_ texts: [String]) async throws -> [Action?] {
        try await inParallel(texts) { text in
            let segment = Self.segment(text)
            let matches = rules.matches(in: [segment], views: [TextViews(asItIs: text)], phase: .input)
            let input = ClassifierInput(role: .user, text: text)
            let scores = try await engine.classify([input], deadline: nil)
            return pipeline.policy.decide(phase: .input, segments: [segment], assessments: scores, matches: matches)
                .action
        }
    }

    private static func segment(_ text: String) -> TextSegment {
        TextSegment(path: "", role: .user, turn: 0, text: text)
    }

    private func inParallel(
        _ texts: [String],
        _ decide: @escaping @Sendable (String) async throws -> Action?
    ) async throws -> [Action?] {
        try await withThrowingTaskGroup(of: (Int, Action?).self) { group in
            var actions: [Action?] = Array(repeating: nil, count: texts.count)
            for (index, text) in texts.enumerated() {
                if index >= Self.width, let (index, action) = try await group.next() { actions[index] = action }
                group.addTask { (index, try await decide(text)) }
            }
            for try await (index, action) in group { actions[index] = action }
            return actions
        }
    }
}
