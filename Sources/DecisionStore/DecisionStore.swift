package import Audit
import Foundation
import GRDB
import GuardCore

/// Decisions that were recorded, to be looked at, searched and marked: what the dashboard and tuning read.
///
/// It is a convenience beside the audit log, which is the record of account: what the store loses, the log has. An SQLite
/// file is written ahead (WAL), so that readers never wait for the writer; several gateways may share one.
package final class DecisionStore: Sendable {
    package let place: StorePlace
    private let retention: StoreRetention
    let database: any DatabaseWriter

    /// Opens the store, making or upgrading its tables.
    ///
    /// - Throws: `StoreError`.
    package init(_ place: StorePlace, retention: StoreRetention = StoreRetention()) throws(StoreError) {
        self.place = place
        self.retention = retention
        do {
            var configuration = Configuration()
            configuration.busyMode = .timeout(5)
            configuration.label = "guardian.store"
            switch place {
            case .memory:
                database = try DatabaseQueue(configuration: configuration)
            case .file(let path):
                // Texts may be in it: nobody else reads it.
                if !FileManager.default.fileExists(atPath: path) {
                    let made = FileManager.default.createFile(
                        atPath: path,
                        contents: nil,
                        attributes: [.posixPermissions: 0o600]
                    )
                    guard made else { throw CocoaError(.fileWriteNoPermission) }
                }
                database = try DatabasePool(path: path, configuration: configuration)
            }
            try Schema.migrator.migrate(database)
        } catch {
            throw StoreError(place, error)
        }
    }

    /// Adds records, all or none.
    ///
    /// - Throws: `StoreError`.
    package func add(_ records: [AuditRecord]) throws(StoreError) {
        try write { db in
            let decision = try db.cachedStatement(sql: Self.insertion)
            let finding = try db.cachedStatement(
                sql: "INSERT OR IGNORE INTO finding (decision, phase, category) VALUES (?, ?, ?)"
            )
            for record in records {
                try decision.execute(arguments: StatementArguments(Self.values(record)))
                let id = db.lastInsertedRowID
                for (phase, judged) in [("input", record.input), ("output", record.output)] {
                    for category in judged?.categories ?? [] {
                        try finding.execute(arguments: [id, phase, category.rawValue])
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
        try write { db in
            try db.execute(
                sql: """
                    DELETE FROM decision WHERE (time < ? OR id <= (SELECT max(id) FROM decision) - ?)
                    AND request_id NOT IN (SELECT request_id FROM mark)
                    """,
                arguments: [oldest, count]
            )
        }
    }

    func write<Result>(_ body: (Database) throws -> Result) throws(StoreError) -> Result {
        do {
            return try database.write(body)
        } catch {
            throw StoreError(place, error)
        }
    }

    func read<Result>(_ body: (Database) throws -> Result) throws(StoreError) -> Result {
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
        + "VALUES (\(columns.map { _ in "?" }.joined(separator: ", ")))"

    /// In the order of `columns`.
    private static func values(_ record: AuditRecord) -> [(any DatabaseValueConvertible)?] {
        let (input, output) = (record.input, record.output)
        return [
            record.time.millisecondsSinceEpoch, record.requestID, record.tenant, record.dialect, record.model,
            record.mode, record.policy.digest, record.outcome.rawValue, record.status, record.error,
            strictest(input, output), input.map(word), output.map(word), input?.scores.map(ScoreBytes.data),
            output?.scores.map(ScoreBytes.data), rules(input), rules(output), input?.failure, output?.failure,
            strictest(record.candidate?.input, record.candidate?.output), microseconds(record.durations.rules),
            microseconds(record.durations.model), microseconds(record.durations.upstream),
            microseconds(record.durations.proxy), microseconds(record.durations.total),
            String(decoding: AuditEncoder.body(record), as: UTF8.self) + "}",
        ]
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
