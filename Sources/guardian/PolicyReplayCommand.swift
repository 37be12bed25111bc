import ArgumentParser
import Foundation
import Gateway
import Guard
import GuardCore
import Policy
import PolicyLanguage

struct PolicyReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Say what a policy would have decided about recorded traffic.",
        discussion: """
            Reads an audit log and decides again from the scores in it; no text is judged anew. Where the log holds texts, the \
            policy's rules are run on them; otherwise a rule counts where one of its id matched then.
            """
    )

    @Argument(help: "The audit log: JSON lines.")
    var audit: String

    @Option(help: "The policy file to try.")
    var policy: String

    @Option(help: "How many of the changed exchanges are listed.")
    var list = 20

    @Flag(help: "Print an object.")
    var json = false

    func run() async throws {
        try await reportingErrors {
            let (compiled, rules) = try PolicyCompiler.compile(path: policy)
            let entries = try AuditLogReader.entries(of: audit)
            let report = PolicyReplayReport(entries, replay: PolicyReplay(policy: compiled, rules: rules), limit: list)
            print(json ? try jsonText(report, .prettyPrinted) : report.text)
        }
    }
}

/// What came of deciding again.
struct PolicyReplayReport: Encodable {
    /// One that changes.
    struct Change: Encodable {
        var request: String
        var phase: String
        var before: String
        var after: String
        var categories: [String]
    }

    var judged = 0
    var changed = 0
    /// Phases of which too little was recorded.
    var undecided = 0
    var counts: [DecisionChanges.Count] = []
    /// The first of them.
    var changes: [Change] = []

    init(_ entries: [PolicyReplay.Entry], replay: PolicyReplay, limit: Int) {
        var table = DecisionChanges()
        for entry in entries {
            guard let decision = replay.decision(about: entry) else {
                undecided += 1
                continue
            }
            judged += 1
            let (before, after) = (entry.action.word, decision.action.word)
            table.count(entry.phase, from: before, to: after)
            guard before != after else { continue }
            changed += 1
            guard changes.count < limit else { continue }
            changes.append(
                Change(
                    request: entry.requestID,
                    phase: entry.phase.rawValue,
                    before: before,
                    after: after,
                    categories: decision.categories.map(\.rawValue)
                )
            )
        }
        counts = table.counts
    }

    var text: String {
        var blocks = ["\(judged) decisions replayed, \(changed) change, \(undecided) have no scores to decide from"]
        blocks += counts.tables
        if !changes.isEmpty {
            let rows = changes.map {
                [$0.request, $0.phase, $0.before, $0.after, $0.categories.joined(separator: ", ")]
            }
            let rest = changed > changes.count ? "\n  and \(changed - changes.count) more" : ""
            let header = ["request", "phase", "was", "now", "categories"]
            blocks.append("changes:\n" + TextTable(header: header, rows: rows).description + rest)
        }
        return blocks.joined(separator: "\n\n")
    }
}
