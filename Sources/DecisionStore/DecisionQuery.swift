package import Audit
import GRDB
package import GuardCore

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
    /// Only those that the candidate would have decided otherwise.
    package var differsFromCandidate = false
    /// Only those that somebody marked.
    package var isMarked = false
    /// Numbers below this one: the next page.
    package var before: Int64?
    /// At the most so many, the newest.
    package var limit = 50

    package init() {}

    var condition: (sql: String, arguments: StatementArguments) {
        var parts: [String] = []
        var arguments = StatementArguments()
        func add(_ sql: String, _ value: (any DatabaseValueConvertible)?) {
            guard let value else { return }
            parts.append(sql)
            arguments += [value]
        }
        add("time >= ?", since?.millisecondsSinceEpoch)
        add("time < ?", until?.millisecondsSinceEpoch)
        add("action = ?", action)
        add("tenant = ?", tenant)
        add("model = ?", model)
        add("decision.request_id = ?", requestID)
        add("id < ?", before)
        add("EXISTS (SELECT 1 FROM finding WHERE decision = id AND category = ?)", category?.rawValue)
        if differsFromCandidate { parts.append("candidate_action IS NOT NULL AND candidate_action IS NOT action") }
        if isMarked { parts.append("EXISTS (SELECT 1 FROM mark WHERE mark.request_id = decision.request_id)") }
        return (parts.isEmpty ? "1" : parts.joined(separator: " AND "), arguments)
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
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT id, time, request_id, tenant, dialect, model, mode, outcome, status, error, input_action,
                        output_action, candidate_action, total_us,
                        (SELECT group_concat(category, ' ') FROM
                            (SELECT DISTINCT category FROM finding WHERE decision = decision.id)) AS categories,
                        (SELECT group_concat(phase || '=' || is_right, ' ') FROM mark
                            WHERE mark.request_id = decision.request_id) AS marks
                    FROM decision WHERE \(condition) ORDER BY id DESC LIMIT ?
                    """,
                arguments: arguments + [max(0, min(query.limit, 1000))]
            )
            return rows.map(Self.summary)
        }
    }

    /// The record of a request as the audit log has it, a line of JSON; nil if it is not here.
    ///
    /// - Throws: `StoreError`.
    package func record(of requestID: String) throws(StoreError) -> String? {
        try read { db in
            try String.fetchOne(
                db,
                sql: "SELECT record FROM decision WHERE request_id = ? ORDER BY id DESC LIMIT 1",
                arguments: [requestID]
            )
        }
    }

    private static func summary(_ row: Row) -> DecisionSummary {
        let words = (row["categories"] as String?)?.split(separator: " ").map(String.init) ?? []
        var marks: [String: Bool] = [:]
        for mark in (row["marks"] as String?)?.split(separator: " ") ?? [] {
            let parts = mark.split(separator: "=")
            if parts.count == 2 { marks[String(parts[0])] = parts[1] == "1" }
        }
        return DecisionSummary(
            number: row["id"],
            time: AuditTime(millisecondsSinceEpoch: row["time"]).rfc3339,
            requestID: row["request_id"],
            tenant: row["tenant"],
            dialect: row["dialect"],
            model: row["model"],
            mode: row["mode"],
            outcome: row["outcome"],
            status: row["status"],
            error: row["error"],
            input: row["input_action"],
            output: row["output_action"],
            candidate: row["candidate_action"],
            categories: HarmCategory.allCases.map(\.rawValue).filter(words.contains),
            milliseconds: (row["total_us"] as Int64?).map { Double($0) / 1000 },
            marks: marks
        )
    }
}
