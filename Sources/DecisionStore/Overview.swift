package import Audit

/// What happened in a stretch of time.
package struct Overview: Sendable, Equatable, Encodable {
    /// Exchanges by action in one step of time.
    package struct Step: Sendable, Equatable, Encodable {
        /// When it begins, in milliseconds since 1970.
        package var time: Int64
        /// `allow`, `log`, `rewrite`, `block`, and `none` for what was not judged.
        package var actions: [String: Int]
    }

    /// How long a stage took in half, in 95 and in 99 of 100 exchanges, in milliseconds.
    package struct Latency: Sendable, Equatable, Encodable {
        package var stage: String
        package var count: Int
        package var p50: Double
        package var p95: Double
        package var p99: Double
    }

    /// What the candidate would have done about exchanges with an action.
    package struct Change: Sendable, Equatable, Encodable {
        package var live: String
        package var candidate: String
        package var count: Int
    }

    package var since: Int64
    /// Milliseconds.
    package var step: Int64
    /// Ascending; steps in which nothing happened are not among them.
    package var steps: [Step] = []
    /// Exchanges in which a category was found.
    package var categories: [String: Int] = [:]
    package var outcomes: [String: Int] = [:]
    /// Of the newest `Overview.sample` exchanges.
    package var latency: [Latency] = []
    /// Of one trial only.
    package var candidate: [Change] = []
    /// What the model could not judge, by reason: requests and answers, each by itself.
    package var failures: [String: Int] = [:]

    /// Exchanges that the latency is taken from, at the most.
    static let sample = 20_000
}

extension DecisionStore {
    /// - Parameters:
    ///   - step: in milliseconds.
    ///   - trial: whose decisions are set side by side; nil where no candidate is tried.
    /// - Throws: `StoreError`.
    package func overview(since: AuditTime, step: Int64, trial: CandidateTrial? = nil) throws(StoreError) -> Overview {
        let start = since.millisecondsSinceEpoch
        let step = max(1000, step)
        return try read { db in
            var overview = Overview(since: start, step: step)
            let counts = try db.rows(
                """
                SELECT time / ? * ? AS begins, coalesce(action, 'none') AS action, count(*) AS count
                FROM decision WHERE time >= ? GROUP BY 1, 2 ORDER BY 1
                """,
                [.integer(step), .integer(step), .integer(start)]
            )
            for row in counts {
                guard let time = row.integer("begins"), let action = row.text("action") else { continue }
                if overview.steps.last?.time != time { overview.steps.append(.init(time: time, actions: [:])) }
                overview.steps[overview.steps.count - 1].actions[action] = row.integer("count").map { Int($0) }
            }
            overview.categories = try Self.counts(
                db,
                """
                SELECT category AS word, count(DISTINCT finding.decision) AS count
                FROM finding JOIN decision ON decision.id = finding.decision WHERE time >= ? GROUP BY 1
                """,
                start
            )
            overview.outcomes = try Self.counts(
                db,
                "SELECT outcome AS word, count(*) AS count FROM decision WHERE time >= ? GROUP BY 1",
                start
            )
            overview.failures = try Self.counts(
                db,
                """
                WITH failed AS (
                    SELECT input_failure, output_failure FROM decision
                    WHERE time >= ? AND (input_failure IS NOT NULL OR output_failure IS NOT NULL)
                )
                SELECT word, count(*) AS count FROM (
                    SELECT input_failure AS word FROM failed UNION ALL SELECT output_failure FROM failed
                ) AS phase WHERE word IS NOT NULL GROUP BY 1
                """,
                start
            )
            overview.latency = try Self.latency(db, start)
            if let trial { overview.candidate = try Self.changes(db, start, trial) }
            return overview
        }
    }

    private static func changes(
        _ db: any StoreConnection,
        _ start: Int64,
        _ trial: CandidateTrial
    ) throws -> [Overview.Change] {
        // The bare column, in a condition or to group by, would have SQLite go through the whole store by the index of actions.
        try db.rows(
            """
            SELECT coalesce(action, 'none') AS action, candidate_action, count(*) AS count FROM decision
            WHERE time >= ? AND policy = ? AND candidate_policy = ? GROUP BY 1, 2 ORDER BY 1, 2
            """,
            [.integer(start), .text(trial.policy), .text(trial.candidate)]
        ).compactMap { row in
            guard let live = row.text("action"), let candidate = row.text("candidate_action") else { return nil }
            return .init(live: live, candidate: candidate, count: Int(row.integer("count") ?? 0))
        }
    }

    private static func counts(_ db: any StoreConnection, _ sql: String, _ start: Int64) throws -> [String: Int] {
        var found: [String: Int] = [:]
        for row in try db.rows(sql, [.integer(start)]) {
            if let word = row.text("word") { found[word] = row.integer("count").map { Int($0) } }
        }
        return found
    }

    private static func latency(_ db: any StoreConnection, _ start: Int64) throws -> [Overview.Latency] {
        let stages = ["rules", "model", "upstream", "safeguard", "proxy", "total"]
        let columns = stages.map { $0 + "_us" }.joined(separator: ", ")
        let rows = try db.rows(
            "SELECT \(columns) FROM decision WHERE time >= ? ORDER BY id DESC LIMIT ?",
            [.integer(start), StoreValue(Overview.sample)]
        )
        return stages.enumerated().compactMap { index, stage in
            let values = rows.compactMap { $0.values[index].integer }.sorted()
            guard !values.isEmpty else { return nil }
            func quantile(_ share: Double) -> Double {
                Double(values[max(0, Int((share * Double(values.count)).rounded(.up)) - 1)]) / 1000
            }
            return .init(
                stage: stage,
                count: values.count,
                p50: quantile(0.5),
                p95: quantile(0.95),
                p99: quantile(0.99)
            )
        }
    }
}
