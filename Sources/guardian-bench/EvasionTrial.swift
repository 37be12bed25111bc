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

    /// The disguises and scripts that are tried; all if it names none.
    private let only: [String]
    private let showsChanged: Bool
    private let json: Bool

    init(packed: PackedOption, policy path: String, only: [String], showsChanged: Bool, json: Bool) throws {
        let (policy, rules) = try PolicyCompiler.compile(path: path)
        engine = try Gateway.engine(
            GatewayConfiguration.Model(file: packed.model, threads: packed.threads),
            capacity: Self.width
        )
        self.rules = rules
        self.only = only
        self.showsChanged = showsChanged
        self.json = json
        pipeline = GuardPipeline(policy: policy, rules: rules, classifier: engine, writer: engine)
    }

    /// What `only` may name.
    static var names: [String] { Disguise.all.map(\.name) + HonestLines.all.map(\.name) }

    func run(_ corpus: PairCorpus, count: Int) async throws {
        defer { engine.shutDown() }
        let pairs = corpus.sample(count)
        let disguises = Disguise.all.filter { isWanted($0.name) }
        for (kind, texts) in [("harmful", pairs.map(\.harmful)), ("harmless", pairs.map(\.harmless))]
        where !disguises.isEmpty {
            let plain = try await decisions(texts)
            try report("evasion.\(kind).plain.blocked", plain.map { $0 == .block })
            for disguise in disguises {
                let changed = texts.map(disguise.apply)
                let disguised = try await decisions(changed)
                let name = disguise.name.replacing(" ", with: "_")
                try report("evasion.\(kind).\(name).alike", zip(plain, disguised).map { $0 == $1 })
                try report("evasion.\(kind).\(name).blocked", disguised.map { $0 == .block })
                guard showsChanged else { continue }
                for (index, text) in changed.enumerated() where plain[index] != disguised[index] {
                    try await show(text, of: texts[index], instead: plain[index])
                }
            }
        }
        for script in HonestLines.all where isWanted(script.name) {
            let bare = try await bareDecisions(script.lines)
            let read = try await decisions(script.lines)
            try report("evasion.honest.\(script.name).newly_flagged", zip(bare, read).map { $0 == nil && $1 != nil })
            try report("evasion.honest.\(script.name).flagged_without_views", bare.map { $0 != nil })
        }
    }

    private func isWanted(_ name: String) -> Bool { only.isEmpty || only.contains(name) }

    private func report(_ name: String, _ holds: [Bool]) throws {
        let share = Double(holds.count(where: \.self)) / Double(max(1, holds.count))
        if json {
            var figure = Figure(name, unit: "1", [share])
            figure.samples = holds.count
            print(try figure.line(json: true))
        } else {
            print("\(name): \((share * 1000).rounded() / 1000) of \(holds.count)")
        }
        // The whole takes long, and what is redirected is kept back otherwise.
        fflush(nil)
    }

    /// What the model reads of a text that is decided otherwise, on standard error, with the harm that it sees in each.
    private func show(_ text: String, of plain: String, instead action: Action?) async throws {
        var lines = ["\(action.map(\.rawValue) ?? "allow") when plain"]
        for read in [plain] + TextViews(text).modelViews {
            let input = ClassifierInput(role: .user, text: read)
            let harm = try await engine.classify([input], deadline: nil).first?.harm ?? 0
            lines.append("  \((harm * 1000).rounded() / 1000) \(read.debugDescription)")
        }
        FileHandle.standardError.write(Data((lines.joined(separator: "\n") + "\n").utf8))
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
