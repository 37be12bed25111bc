package import Audit
package import GuardCore

/// What was recorded of one phase of an exchange: enough to decide again under other thresholds.
package struct ScoredDecision: Sendable, Equatable {
    package var requestID: String
    /// The path of the request, with `{model}` in place of a model's name; nil of a decision that was stored before routes were.
    package var route: String?
    package var dialect: String?
    package var model: String?
    package var tenant: String?
    /// nil is allow.
    package var action: Action?
    package var scores: Assessment?
    /// Ids of rules that matched.
    package var rules: [String]
    /// Whether it was decided because the model could not judge.
    package var isFailure: Bool
    /// What somebody said of it; nil if nobody did.
    package var mark: Mark?
}

/// What somebody says of a decision about one phase of an exchange.
package struct Mark: Sendable, Equatable, Codable {
    /// Whether the decision was right.
    package var isRight: Bool
    /// The category that it should have been found in, for harm that was missed.
    package var category: HarmCategory?

    package init(isRight: Bool, category: HarmCategory? = nil) {
        self.isRight = isRight
        self.category = category
    }

    private enum CodingKeys: String, CodingKey {
        case isRight = "right"
        case category
    }
}

extension DecisionStore {
    /// Phases that were judged, the newest first.
    ///
    /// - Parameter phase: `input` or `output`.
    /// - Throws: `StoreError`.
    package func scored(
        phase: Phase,
        since: AuditTime,
        limit: Int,
        onlyMarked: Bool = false
    ) throws(StoreError) -> [ScoredDecision] {
        let name = phase.rawValue
        let condition = onlyMarked ? "AND is_right IS NOT NULL" : ""
        return try read { db in
            try db.rows(
                """
                SELECT decision.request_id, route, dialect, model, tenant, is_right, category,
                    \(name)_action AS action, \(name)_scores AS scores,
                    \(name)_rules AS rules, \(name)_failure IS NOT NULL AS failed
                FROM decision LEFT JOIN mark ON mark.request_id = decision.request_id AND mark.phase = ?
                WHERE decision.time >= ? AND \(name)_action IS NOT NULL \(condition)
                ORDER BY id DESC LIMIT ?
                """,
                [.text(name), .integer(since.millisecondsSinceEpoch), StoreValue(limit)]
            ).map(Self.scored)
        }
    }

    /// Says of a decision that it was right or wrong; nil takes back what was said.
    ///
    /// - Returns: false if the decision is not here, or nothing was decided about the phase.
    /// - Throws: `StoreError`.
    package func mark(
        _ requestID: String,
        phase: Phase,
        as mark: Mark?,
        at time: AuditTime = .now()
    ) throws(StoreError) -> Bool {
        let name = phase.rawValue
        return try write { db in
            let found = try db.rows(
                "SELECT id FROM decision WHERE request_id = ? AND \(name)_action IS NOT NULL LIMIT 1",
                [.text(requestID)]
            )
            guard !found.isEmpty else { return false }
            guard let mark else {
                try db.rows("DELETE FROM mark WHERE request_id = ? AND phase = ?", [.text(requestID), .text(name)])
                return true
            }
            try db.rows(
                """
                INSERT INTO mark (request_id, phase, time, is_right, category) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (request_id, phase) DO UPDATE
                SET time = excluded.time, is_right = excluded.is_right, category = excluded.category
                """,
                [
                    .text(requestID), .text(name), .integer(time.millisecondsSinceEpoch),
                    .integer(mark.isRight ? 1 : 0), StoreValue(mark.category?.rawValue),
                ]
            )
            return true
        }
    }

    private static func scored(_ row: StoreRow) -> ScoredDecision {
        let scores = row.bytes("scores").flatMap(ScoreBytes.values)
        return ScoredDecision(
            requestID: row.text("request_id") ?? "",
            route: row.text("route"),
            dialect: row.text("dialect"),
            model: row.text("model"),
            tenant: row.text("tenant"),
            action: row.text("action").flatMap(Action.init),
            scores: scores.map { values in
                Assessment(
                    harm: Double(values[0]),
                    categories: CategoryScores(values.dropFirst().map(Double.init)),
                    tokens: 0
                )
            },
            rules: (row.text("rules") ?? "").split(separator: " ").map(String.init),
            isFailure: row.integer("failed") == 1,
            mark: row.integer("is_right").map {
                Mark(isRight: $0 == 1, category: row.text("category").flatMap(HarmCategory.init))
            }
        )
    }
}
