package import Audit
import GRDB

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
    package var candidate: [Change] = []
    /// Texts that the model could not judge, by reason.
    package var failures: [String: Int] = [:]

    /// Exchanges that the latency is taken from, at the most.
    static let sample = 20_000
}

extension DecisionStore {
    /// - Parameter step: in milliseconds.
    /// - Throws: `StoreError`.
    package func overview(since: AuditTime, step: Int64) throws(StoreError) -> Overview {
        let start = since.millisecondsSinceEpoch
        let step = max(1000, step)
        return try read { db in
            var overview = Overview(since: start, step: step)
            let counts = try Row.fetchAll(
                db,
                sql: """
                    SELECT time / ? * ? AS begins, coalesce(action, 'none') AS action, count(*) AS count
                    FROM decision WHERE time >= ? GROUP BY 1, 2 ORDER BY 1
                    """,
                arguments: [step, step, start]
            )
            for row in counts {
                let (time, action, count): (Int64, String, Int) = (row["begins"], row["action"], row["count"])
                if overview.steps.last?.time != time { overview.steps.append(.init(time: time, actions: [:])) }
                overview.steps[overview.steps.count - 1].actions[action] = count
            }
            overview.categories = try Self.counts(
                db,
                """
                SELECT category, count(DISTINCT decision) FROM finding JOIN decision ON decision.id = finding.decision
                WHERE time >= ? GROUP BY 1
                """,
                start
            )
            overview.outcomes = try Self.counts(
                db,
                "SELECT outcome, count(*) FROM decision WHERE time >= ? GROUP BY 1",
                start
            )
            overview.failures = try Self.counts(
                db,
                """
                SELECT coalesce(input_failure, output_failure), count(*) FROM decision
                WHERE time >= ? AND coalesce(input_failure, output_failure) IS NOT NULL GROUP BY 1
                """,
                start
            )
            overview.latency = try Self.latency(db, start)
            overview.candidate = try Row.fetchAll(
                db,
                sql: """
                    SELECT action, candidate_action, count(*) AS count FROM decision
                    WHERE time >= ? AND candidate_action IS NOT NULL AND action IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2
                    """,
                arguments: [start]
            ).map { .init(live: $0["action"], candidate: $0["candidate_action"], count: $0["count"]) }
            return overview
        }
    }

    private static func counts(_ db: Database, _ sql: String, _ start: Int64) throws -> [String: Int] {
        var found: [String: Int] = [:]
        for row in try Row.fetchAll(db, sql: sql, arguments: [start]) { found[row[0]] = row[1] }
        return found
    }

    private static func latency(_ db: Database, _ start: Int64) throws -> [Overview.Latency] {
        let stages = ["rules", "model", "upstream", "proxy", "total"]
        let columns = stages.map { $0 + "_us" }.joined(separator: ", ")
        let rows = try Row.fetchAll(
            db,
            sql: "SELECT \(columns) FROM decision WHERE time >= ? ORDER BY id DESC LIMIT ?",
            arguments: [start, Overview.sample]
        )
        return stages.enumerated().compactMap { index, stage in
            let values = rows.compactMap { $0[index] as Int64? }.sorted()
            guard !values.isEmpty else { return nil }
            func quantile(_ share: Double) -> Double {
                Double(values[min(values.count - 1, Int(share * Double(values.count)))]) / 1000
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
