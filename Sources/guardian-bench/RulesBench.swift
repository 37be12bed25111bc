import ArgumentParser
import Foundation
import Gateway
import GuardCore
import Policy
import Rules

/// How fast texts are read by rules, and how well what is disguised is read.
struct RulesBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules",
        abstract: "Text views and rules: MB/s on clean and on hostile text; or, with --evasion, what disguises change.",
        discussion: """
            Speed is of one thread, by its processor time. Views are computed once a text and are in all figures of rules. --evasion judges texts of the \
            project's own corpus by the rules and the model of a policy, as they are and disguised, and harmless lines in \
            other scripts with and without views.
            """
    )

    @OptionGroup var packed: PackedOption

    @Option(help: "Rounds: samples of each figure.")
    var samples = 5

    @Option(help: "The folder of pairs of harmful and harmless texts, JSON lines.")
    var pairs = "Models/training/corpus/pairs"

    @Option(help: "The policy.")
    var policy = "Policies/default.yaml"

    @Option(
        help: "Measure on texts of this name only, such as clean, or judge this disguise or script only. Repeatable."
    )
    var only: [String] = []

    @Flag(help: "Judge disguised texts.")
    var evasion = false

    @Option(help: "Texts of each kind, harmful and harmless, that are disguised.")
    var texts = 100

    @Flag(help: "With --evasion: print what is read of the texts that are decided otherwise when disguised.")
    var changed = false

    @Flag(help: "One JSON line a figure.")
    var json = false

    func validate() throws {
        if samples < 1 || texts < 1 { throw ValidationError("--samples and --texts are counts from 1 on") }
    }

    func run() async throws {
        let corpus = try PairCorpus(folder: pairs)
        let known = evasion ? EvasionTrial.names : SampleTexts.all(corpus).map(\.name)
        if let name = only.first(where: { !known.contains($0) }) {
            throw ValidationError("--only knows no '\(name)': it is one of \(known.joined(separator: ", "))")
        }
        if evasion {
            let trial = try EvasionTrial(packed: packed, policy: policy, only: only, showsChanged: changed, json: json)
            try await trial.run(corpus, count: texts)
        } else {
            try measureSpeed(corpus)
        }
    }

    private func measureSpeed(_ corpus: PairCorpus) throws {
        var series = Series()
        let shipped = try PolicyCompiler.compile(path: policy).rules
        let sets = try [10, 100, 1000].map { (count: $0, rules: try RuleSet(SampleRules.make($0))) }
        let attacks = try SampleTexts.hostilePatterns.map { pattern in
            let rule = Rule(
                id: "a",
                category: .privacy,
                matchers: [.regex(pattern: pattern, ignoreCase: false)],
                action: .log
            )
            return (pattern: pattern, rules: try RuleSet([rule]))
        }
        // A first round warms caches.
        for round in 0...samples {
            if round == 1 { series = Series() }
            for (name, text) in SampleTexts.all(corpus) where only.isEmpty || only.contains(name) {
                add("rules.views_\(name)", text, to: &series) { _ = TextViews(text) }
                for (count, rules) in sets {
                    add("rules.\(count)_\(name)", text, to: &series) { Self.match(rules, text) }
                }
                add("rules.shipped_\(name)", text, to: &series) { Self.match(shipped, text) }
            }
            guard only.isEmpty else { continue }
            let letters = SampleTexts.oneLetter
            for (index, attack) in attacks.enumerated() {
                add("rules.denial_\(index)", letters, to: &series) { Self.match(attack.rules, letters) }
            }
        }
        for figure in series.all() { print(try figure.line(json: json)) }
        guard only.isEmpty || only.contains("clean") else { return }
        let ratio = zip(series["rules.10_clean"], series["rules.1000_clean"]).map { $0 / $1 }
        print(try Figure("rules.1000_over_10_clean", unit: "1", ratio).line(json: json))
    }

    /// What this thread has worked so far: others on the machine do not count.
    private static var processorSeconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    private static func match(_ rules: RuleSet, _ text: String) {
        _ = rules.matches(in: [TextSegment(path: "", role: .user, text: text)], phase: .input)
    }

    private func add(_ name: String, _ text: String, to series: inout Series, _ body: () -> Void) {
        let start = Self.processorSeconds
        body()
        series.add(name, "MB/s", Double(text.utf8.count) / 1e6 / (Self.processorSeconds - start))
    }
}
