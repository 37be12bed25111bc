import Guard
import GuardCore
import PolicyLanguage

/// What is different between two policies, and what that comes to on a file of texts.
struct PolicyDiffReport: Encodable, CustomStringConvertible {
    /// What both decided about the texts of a file.
    struct Decisions: Encodable {
        /// One text that is decided about otherwise.
        struct Change: Encodable {
            var line: Int
            var text: String?
            var before: String
            var after: String
            /// Why, in a few words: the reasons of the stricter of the two.
            var reasons: [String]
        }

        var read = 0
        var changed = 0
        private(set) var counts: [DecisionChanges.Count] = []
        /// The first of them.
        private(set) var changes: [Change] = []
        private let phase: Phase
        private var table = DecisionChanges()

        private enum CodingKeys: String, CodingKey { case read, changed, counts, changes }

        init(phase: Phase) { self.phase = phase }

        /// - Parameter limit: how many changes are listed.
        mutating func add(
            line: Int,
            text: String?,
            _ before: PolicyTrial.Outcome,
            _ after: PolicyTrial.Outcome,
            limit: Int
        ) {
            read += 1
            table.count(phase, from: before.action.word, to: after.action.word)
            counts = table.counts
            guard before.action != after.action else { return }
            changed += 1
            guard changes.count < limit else { return }
            let isRelaxed = after.action.map { now in before.action.map { now < $0 } ?? false } ?? true
            let stricter = isRelaxed ? before : after
            changes.append(
                Change(
                    line: line,
                    text: text,
                    before: before.action.word,
                    after: after.action.word,
                    reasons: stricter.findings.filter { $0.action == stricter.action }.map(\.reason)
                )
            )
        }
    }

    var policy: PolicyDifference
    /// Nil where no texts were given.
    var decisions: Decisions?

    private enum CodingKeys: String, CodingKey { case decisions }

    /// The differences of the policies stand beside the decisions, as they do without texts.
    func encode(to encoder: any Encoder) throws {
        try policy.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(decisions, forKey: .decisions)
    }

    var description: String { ([policy.description] + (decisions?.blocks ?? [])).joined(separator: "\n\n") }
}

extension PolicyDiffReport.Decisions {
    fileprivate var blocks: [String] {
        var blocks = ["\(read) texts, \(changed) decided about otherwise"] + counts.tables
        guard !changes.isEmpty else { return blocks }
        let rows = changes.map {
            ["line \($0.line)", $0.before, $0.after, $0.reasons.joined(separator: "; "), $0.text ?? ""]
        }
        let rest = changed > changes.count ? "\n  and \(changed - changes.count) more" : ""
        blocks.append(
            "changes:\n" + TextTable(header: ["text", "was", "now", "why", ""], rows: rows).description + rest
        )
        return blocks
    }
}
