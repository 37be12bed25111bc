import ArgumentParser
import Foundation
import Gateway
import Guard
import GuardCore
import GuardianModel
import Policy
import PolicyLanguage

struct PolicyDiffCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Say in words what one policy does differently from another, and of which texts of a file.",
        discussion: """
            Both are compared as they are understood: comments, defaults written out, and an order that decides nothing make no \
            difference. With --corpus each text is judged once, and decided about by both.
            """
    )

    @Argument(help: "The policy as it was.")
    var old: String

    @Argument(help: "The policy as it is to be.")
    var new: String

    @Option(help: "A file of texts: one a line, or JSON lines (.jsonl) with 'text'.")
    var corpus: String?

    @Option(help: "Where the texts are seen: input or output.")
    var phase = Phase.input

    @Option(help: "Whose words they hold; the user's of the input, the assistant's of the output.")
    var role: Role?

    @Option(help: "Read only so many texts of --corpus.")
    var lines: Int?

    @Option(help: "How many of the texts that are decided about otherwise are listed.")
    var list = 20

    @Flag(help: "Show the texts that are listed, and not only their lines.")
    var showText = false

    @Flag(help: "Try the rules alone; the model is not loaded.")
    var rulesOnly = false

    @Flag(help: "End with status 1 if they differ, with --corpus: if a text is decided about otherwise.")
    var exitCode = false

    @Flag(help: "Print an object.")
    var json = false

    @OptionGroup var model: ModelOptions

    /// Texts that are judged at once.
    private static let width = 16

    func validate() throws {
        if lines.map({ $0 < 1 }) ?? false || list < 0 { throw ValidationError("--lines and --list are counts") }
        if corpus == nil, phase != .input || role != nil || lines != nil || showText || rulesOnly {
            throw ValidationError("--phase, --role, --lines, --show-text and --rules-only are about a --corpus")
        }
    }

    func run() async throws {
        let report = try await reportingErrors { try await self.report() }
        try output(json ? jsonText(report, .prettyPrinted) : "\(report)")
        let differ = report.decisions.map { $0.changed > 0 } ?? !report.policy.changes.isEmpty
        if exitCode, differ { throw ExitCode(1) }
    }

    private func report() async throws -> PolicyDiffReport {
        let before = try TriedPolicy(path: old, rulesOnly: rulesOnly)
        let after = try TriedPolicy(path: new, rulesOnly: rulesOnly)
        // Not what is left of them where the rules are tried alone.
        var report = PolicyDiffReport(policy: PolicyDifference(from: before.whole, to: after.whole))
        guard let corpus else { return report }
        let texts = try TextCorpus.texts(of: corpus, limit: lines)
        let engine = rulesOnly ? nil : try model.engine(width: Self.width)
        defer { engine?.shutDown() }
        let cache = AssessmentCache()
        let (was, now) = (
            PolicyTrial(before.pipeline(engine, cache: cache)), PolicyTrial(after.pipeline(engine, cache: cache))
        )
        let (phase, role) = (phase, role ?? (phase == .input ? .user : .assistant))
        let outcomes = try await inParallel(texts, width: Self.width, telling: "judging") {
            (
                before: try await was.outcome(of: $0.text, role: role, phase: phase),
                after: try await now.outcome(of: $0.text, role: role, phase: phase)
            )
        }
        var decisions = PolicyDiffReport.Decisions(phase: phase)
        for (text, outcome) in zip(texts, outcomes) {
            decisions.add(
                line: text.line,
                text: showText ? text.text : nil,
                outcome.before,
                outcome.after,
                limit: list
            )
        }
        report.decisions = decisions
        return report
    }
}
