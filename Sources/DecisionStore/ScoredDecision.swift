package import Audit
import Foundation
import GRDB
package import GuardCore

/// What was recorded of one phase of an exchange: enough to decide again under other thresholds.
package struct ScoredDecision: Sendable, Equatable {
    package var requestID: String
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
            try Row.fetchAll(
                db,
                sql: """
                    SELECT decision.request_id, dialect, model, tenant, is_right, category,
                        \(name)_action AS action, \(name)_scores AS scores,
                        \(name)_rules AS rules, \(name)_failure IS NOT NULL AS failed
                    FROM decision LEFT JOIN mark ON mark.request_id = decision.request_id AND mark.phase = ?
                    WHERE decision.time >= ? AND \(name)_action IS NOT NULL \(condition)
                    ORDER BY id DESC LIMIT ?
                    """,
                arguments: [name, since.millisecondsSinceEpoch, limit]
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
            let isHere = try Bool.fetchOne(
                db,
                sql: "SELECT EXISTS (SELECT 1 FROM decision WHERE request_id = ? AND \(name)_action IS NOT NULL)",
                arguments: [requestID]
            )
            guard isHere == true else { return false }
            guard let mark else {
                try db.execute(
                    sql: "DELETE FROM mark WHERE request_id = ? AND phase = ?",
                    arguments: [requestID, name]
                )
                return true
            }
            try db.execute(
                sql: """
                    INSERT OR REPLACE INTO mark (request_id, phase, time, is_right, category) VALUES (?, ?, ?, ?, ?)
                    """,
                arguments: [requestID, name, time.millisecondsSinceEpoch, mark.isRight, mark.category?.rawValue]
            )
            return true
        }
    }

    private static func scored(_ row: Row) -> ScoredDecision {
        let scores = (row["scores"] as Data?).flatMap(ScoreBytes.values)
        return ScoredDecision(
            requestID: row["request_id"],
            dialect: row["dialect"],
            model: row["model"],
            tenant: row["tenant"],
            action: Action(rawValue: row["action"]),
            scores: scores.map { values in
                Assessment(
                    harm: Double(values[0]),
                    categories: CategoryScores(values.dropFirst().map(Double.init)),
                    tokens: 0
                )
            },
            rules: (row["rules"] as String).split(separator: " ").map(String.init),
            isFailure: row["failed"],
            mark: (row["is_right"] as Bool?).map {
                Mark(isRight: $0, category: (row["category"] as String?).flatMap(HarmCategory.init))
            }
        )
    }
}
