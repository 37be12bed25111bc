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
            policy's rules are run on them, but for those that read some of the inspected roles only: it does not say whose a text was. \
            These, and all where it holds no texts, count where one of their id matched then.
            """
    )

    @Argument(help: "The files of an audit log, those put away and the present one; in gzip or plain.")
    var audit: [String]

    @Option(help: "The policy file to try.")
    var policy: String

    @Option(help: "How many of the changed exchanges are listed.")
    var list = 20

    @Flag(help: "Print an object.")
    var json = false

    func run() async throws {
        try await reportingErrors {
            let (compiled, rules) = try PolicyCompiler.compile(path: policy)
            let replay = PolicyReplay(policy: compiled, rules: rules)
            let report = try PolicyReplayReport(replay, limit: list) { body in
                try AuditLogReader.forEachEntry(of: audit, body)
            }
            try output(json ? jsonText(report, .prettyPrinted) : report.text)
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

    /// - Parameter entries: calls its argument with each entry, one after the other.
    init(_ replay: PolicyReplay, limit: Int, of entries: ((PolicyReplay.Entry) -> Void) throws -> Void) rethrows {
        var table = DecisionChanges()
        try entries { entry in
            guard let decision = replay.decision(about: entry) else {
                undecided += 1
                return
            }
            judged += 1
            let (before, after) = (entry.action.word, decision.action.word)
            table.count(entry.phase, from: before, to: after)
            guard before != after else { return }
            changed += 1
            guard changes.count < limit else { return }
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
