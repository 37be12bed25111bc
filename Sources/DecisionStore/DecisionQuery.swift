package import Audit
package import GuardCore

/// A candidate beside the policy that is in force: what was decided under earlier ones says nothing of these two.
package struct CandidateTrial: Sendable, Equatable {
    /// The digest of the policy in force.
    package var policy: String
    /// That of the candidate.
    package var candidate: String

    package init(policy: String, candidate: String) {
        self.policy = policy
        self.candidate = candidate
    }
}

/// Which decisions somebody wants to see; nil asks for all.
package struct DecisionQuery: Sendable {
    /// Not before this time.
    package var since: AuditTime?
    package var until: AuditTime?
    /// The strictest of both phases: `allow`, `log`, `rewrite` or `block`.
    package var action: String?
    /// Found in either phase.
    package var category: HarmCategory?
    package var tenant: String?
    package var model: String?
    package var requestID: String?
    /// Only those of this trial that the candidate would have decided otherwise.
    package var differsIn: CandidateTrial?
    /// Only those that somebody marked.
    package var isMarked = false
    /// Numbers below this one: the next page.
    package var before: Int64?
    /// At the most so many, the newest.
    package var limit = 50

    package init() {}

    var condition: (sql: String, arguments: [StoreValue]) {
        var parts: [String] = []
        var arguments: [StoreValue] = []
        func add(_ sql: String, _ value: StoreValue) {
            guard value != .null else { return }
            parts.append(sql)
            arguments.append(value)
        }
        add("time >= ?", StoreValue(since?.millisecondsSinceEpoch))
        add("time < ?", StoreValue(until?.millisecondsSinceEpoch))
        add("action = ?", StoreValue(action))
        add("tenant = ?", StoreValue(tenant))
        add("model = ?", StoreValue(model))
        add("decision.request_id = ?", StoreValue(requestID))
        add("id < ?", StoreValue(before))
        add(
            "EXISTS (SELECT 1 FROM finding WHERE finding.decision = decision.id AND category = ?)",
            StoreValue(category?.rawValue)
        )
        if let trial = differsIn {
            add("policy = ?", .text(trial.policy))
            add("candidate_policy = ?", .text(trial.candidate))
            parts.append("candidate_action IS NOT NULL AND (action IS NULL OR candidate_action <> action)")
        }
        if isMarked { parts.append("EXISTS (SELECT 1 FROM mark WHERE mark.request_id = decision.request_id)") }
        return (parts.isEmpty ? "TRUE" : parts.joined(separator: " AND "), arguments)
    }
}

/// One line of the list of decisions.
package struct DecisionSummary: Sendable, Equatable, Encodable {
    /// Grows with each decision that is stored.
    package var number: Int64
    package var time: String
    package var requestID: String
    package var tenant: String?
    package var dialect: String?
    package var model: String?
    package var mode: String
    package var outcome: String
    package var status: Int?
    package var error: String?
    package var input: String?
    package var output: String?
    package var candidate: String?
    package var categories: [String]
    package var milliseconds: Double?
    /// What somebody said of a phase: right or wrong.
    package var marks: [String: Bool]

    private enum CodingKeys: String, CodingKey {
        case number, time, tenant, dialect, model, mode, outcome, status, error, input, output, candidate, categories
        case milliseconds, marks
        case requestID = "request_id"
    }
}

extension DecisionStore {
    /// The newest first.
    ///
    /// - Throws: `StoreError`.
    package func decisions(_ query: DecisionQuery) throws(StoreError) -> [DecisionSummary] {
        let (condition, arguments) = query.condition
        return try read { db in
            let rows = try db.rows(
                """
                SELECT id, time, request_id, tenant, dialect, model, mode, outcome, status, error, input_action,
                    output_action, candidate_action, total_us,
                    (SELECT \(db.dialect.joined("found.category")) FROM
                        (SELECT DISTINCT category FROM finding WHERE finding.decision = decision.id) AS found
                    ) AS categories,
                    (SELECT \(db.dialect.joined("phase || '=' || is_right")) FROM mark
                        WHERE mark.request_id = decision.request_id) AS marks
                FROM decision WHERE \(condition) ORDER BY id DESC LIMIT ?
                """,
                arguments + [StoreValue(max(0, min(query.limit, 1000)))]
            )
            return rows.map(Self.summary)
        }
    }

    /// The record of a request as the audit log has it, a line of JSON; nil if it is not here.
    ///
    /// - Throws: `StoreError`.
    package func record(of requestID: String) throws(StoreError) -> String? {
        try read { db in
            try db.rows(
                "SELECT record FROM decision WHERE request_id = ? ORDER BY id DESC LIMIT 1",
                [.text(requestID)]
            ).first?.text("record")
        }
    }

    private static func summary(_ row: StoreRow) -> DecisionSummary {
        let words = row.text("categories")?.split(separator: " ").map(String.init) ?? []
        var marks: [String: Bool] = [:]
        for mark in row.text("marks")?.split(separator: " ") ?? [] {
            let parts = mark.split(separator: "=")
            if parts.count == 2 { marks[String(parts[0])] = parts[1] == "1" }
        }
        return DecisionSummary(
            number: row.integer("id") ?? 0,
            time: AuditTime(millisecondsSinceEpoch: row.integer("time") ?? 0).rfc3339,
            requestID: row.text("request_id") ?? "",
            tenant: row.text("tenant"),
            dialect: row.text("dialect"),
            model: row.text("model"),
            mode: row.text("mode") ?? "",
            outcome: row.text("outcome") ?? "",
            status: row.integer("status").map { Int($0) },
            error: row.text("error"),
            input: row.text("input_action"),
            output: row.text("output_action"),
            candidate: row.text("candidate_action"),
            categories: HarmCategory.allCases.map(\.rawValue).filter(words.contains),
            milliseconds: row.integer("total_us").map { Double($0) / 1000 },
            marks: marks
        )
    }
}
