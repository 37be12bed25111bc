package import Audit
import GuardCore

/// Decisions that were recorded, to be looked at, searched and marked: what the dashboard and tuning read.
///
/// It is a convenience beside the audit log, which is the record of account: what the store loses, the log has. Several
/// gateways may share one.
package final class DecisionStore: Sendable {
    package let place: StorePlace
    private let retention: StoreRetention
    private let database: any StoreDatabase

    /// Opens the store, making or upgrading its tables.
    ///
    /// - Throws: `StoreError`.
    package init(_ place: StorePlace, retention: StoreRetention = StoreRetention()) throws(StoreError) {
        self.place = place
        self.retention = retention
        do {
            switch place {
            case .memory: database = try SQLiteDatabase(path: nil)
            case .file(let path): database = try SQLiteDatabase(path: path)
            case .postgresql(let server):
                #if PostgreSQL
                database = try PostgreSQLDatabase(server.address, schema: server.schema)
                #else
                throw StorePlace.PostgreSQL.Missing()
                #endif
            }
        } catch {
            throw StoreError(place, error)
        }
    }

    /// Adds records, all or none.
    ///
    /// - Throws: `StoreError`.
    package func add(_ records: [AuditRecord]) throws(StoreError) {
        try write { db in
            for record in records {
                let id = try db.rows(Self.insertion, Self.values(record)).first?["id"] ?? .null
                for (phase, judged) in [("input", record.input), ("output", record.output)] {
                    for category in judged?.categories ?? [] {
                        try db.rows(
                            """
                            INSERT INTO finding (decision, phase, category) VALUES (?, ?, ?) ON CONFLICT DO NOTHING
                            """,
                            [id, .text(phase), .text(category.rawValue)]
                        )
                    }
                }
            }
        }
    }

    /// Removes what is too old or too much. What somebody has marked stays: labels are worth more than space.
    ///
    /// - Throws: `StoreError`.
    package func prune(at now: AuditTime = .now()) throws(StoreError) {
        let oldest = now.millisecondsSinceEpoch - retention.age.components.seconds * 1000
        let count = retention.decisions
        _ = try write { db in
            try db.rows(
                """
                DELETE FROM decision WHERE (time < ? OR id <= (SELECT max(id) FROM decision) - ?)
                AND request_id NOT IN (SELECT request_id FROM mark)
                """,
                [.integer(oldest), StoreValue(count)]
            )
        }
    }

    func write<Result>(_ body: (any StoreConnection) throws -> Result) throws(StoreError) -> Result {
        do {
            return try database.write(body)
        } catch {
            throw StoreError(place, error)
        }
    }

    func read<Result>(_ body: (any StoreConnection) throws -> Result) throws(StoreError) -> Result {
        do {
            return try database.read(body)
        } catch {
            throw StoreError(place, error)
        }
    }
}

extension DecisionStore {
    private static let columns = [
        "time", "request_id", "tenant", "dialect", "model", "mode", "policy", "outcome", "status", "error", "action",
        "input_action", "output_action", "input_scores", "output_scores", "input_rules", "output_rules",
        "input_failure", "output_failure", "candidate_action", "rules_us", "model_us", "upstream_us", "proxy_us",
        "total_us", "record",
    ]

    private static let insertion =
        "INSERT INTO decision (\(columns.joined(separator: ", "))) "
        + "VALUES (\(columns.map { _ in "?" }.joined(separator: ", "))) RETURNING id"

    /// In the order of `columns`.
    private static func values(_ record: AuditRecord) -> [StoreValue] {
        let (input, output) = (record.input, record.output)
        let texts: [String?] = [
            record.requestID, record.tenant, record.dialect, record.model, record.mode, record.policy.digest,
            record.outcome.rawValue,
        ]
        let actions = [strictest(input, output), input.map(word), output.map(word)]
        let scores = [input, output].map { StoreValue($0?.scores.map(ScoreBytes.bytes)) }
        let reasons: [String?] = [
            rules(input), rules(output), input?.failure, output?.failure,
            strictest(record.candidate?.input, record.candidate?.output),
        ]
        let durations = record.durations
        let stages = [durations.rules, durations.model, durations.upstream, durations.proxy, durations.total]
        return [.integer(record.time.millisecondsSinceEpoch)] + texts.map { StoreValue($0) }
            + [StoreValue(record.status), StoreValue(record.error)] + actions.map { StoreValue($0) } + scores
            + reasons.map { StoreValue($0) } + stages.map { StoreValue(microseconds($0)) }
            + [.text(String(decoding: AuditEncoder.body(record), as: UTF8.self) + "}")]
    }

    private static func word(_ phase: AuditRecord.PhaseRecord) -> String { phase.action?.rawValue ?? "allow" }

    /// nil where neither phase was judged.
    private static func strictest(_ input: AuditRecord.PhaseRecord?, _ output: AuditRecord.PhaseRecord?) -> String? {
        let phases = [input, output].compactMap { $0 }
        guard !phases.isEmpty else { return nil }
        return phases.compactMap(\.action).max()?.rawValue ?? "allow"
    }

    private static func rules(_ phase: AuditRecord.PhaseRecord?) -> String {
        var ids: [String] = []
        for finding in phase?.findings ?? [] {
            if case .rule(let id, _) = finding.source, !ids.contains(id) { ids.append(id) }
        }
        return ids.joined(separator: " ")
    }

    private static func microseconds(_ duration: Duration?) -> Int64? {
        duration.map { $0.components.seconds * 1_000_000 + $0.components.attoseconds / 1_000_000_000_000 }
    }
}
