package import Audit
import GuardCore
import Synchronization

/// Decisions that were recorded, to be looked at, searched and marked: what the dashboard and tuning read.
///
/// It is a convenience beside the audit log, which is the record of account: what the store loses, the log has. Several
/// gateways may share one.
package final class DecisionStore: Sendable {
    package let place: StorePlace
    let retention: StoreRetention
    private let database: any StoreDatabase
    /// At the most so many bytes of lines are held, where they are held in memory.
    private let heldBytes = Mutex(0)
    /// Whether another process does the work.
    var isElsewhere: Bool {
        if case .postgresql = place { true } else { false }
    }

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

    /// A record with its line.
    package struct Entry: Sendable {
        package var record: AuditRecord
        /// `AuditEncoder.body(record)`.
        package var body: [UInt8]

        package init(_ record: AuditRecord, body: [UInt8]) {
            self.record = record
            self.body = body
        }
    }

    /// Adds records, all or none.
    ///
    /// - Throws: `StoreError`.
    package func add(_ records: [AuditRecord]) throws(StoreError) {
        try add(records.map { Entry($0, body: AuditEncoder.body($0)) })
    }

    /// The same where their lines are at hand.
    ///
    /// - Throws: `StoreError`.
    package func add(_ entries: [Entry]) throws(StoreError) {
        let bytes = entries.reduce(0) { $0 + $1.body.count }
        heldBytes.withLock { $0 += bytes }
        try write { db in
            for entry in entries {
                let record = entry.record
                let id = StoreValue.integer(try db.insert(Self.insertion, Self.values(entry)))
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
        try write { db in
            try db.rows(
                """
                DELETE FROM decision WHERE (time < ? OR id <= (SELECT max(id) FROM decision) - ?)
                AND request_id NOT IN (SELECT request_id FROM mark)
                """,
                [.integer(oldest), StoreValue(count)]
            )
            // Only SQLite comes past here, whose `length` of a text is in characters. Adding up all lines takes milliseconds, so it is done
            // only where there may be too many.
            guard place == .memory, heldBytes.withLock({ $0 }) > retention.bytesInMemory else { return }
            try db.rows(
                """
                DELETE FROM decision WHERE id <= (
                    SELECT max(id) FROM (
                        SELECT id, sum(length(CAST(record AS BLOB))) OVER (ORDER BY id DESC) AS total FROM decision
                    ) WHERE total > ?
                ) AND request_id NOT IN (SELECT request_id FROM mark)
                """,
                [StoreValue(retention.bytesInMemory)]
            )
            let held = try db.rows("SELECT sum(length(CAST(record AS BLOB))) AS total FROM decision", [])
            heldBytes.withLock { $0 = Int(held.first?.integer("total") ?? 0) }
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
        "time", "request_id", "tenant", "route", "dialect", "model", "mode", "policy", "outcome", "status", "error",
        "action", "input_action", "output_action", "input_scores", "output_scores", "input_rules", "output_rules",
        "input_failure", "output_failure", "candidate_action", "rules_us", "model_us", "upstream_us", "safeguard_us",
        "proxy_us", "total_us", "record",
    ]

    private static let insertion =
        "INSERT INTO decision (\(columns.joined(separator: ", "))) "
        + "VALUES (\(columns.map { _ in "?" }.joined(separator: ", ")))"

    /// In the order of `columns`.
    private static func values(_ entry: Entry) -> [StoreValue] {
        let record = entry.record
        let (input, output, durations) = (record.input, record.output, record.durations)
        return [
            .integer(record.time.millisecondsSinceEpoch), .text(record.requestID), StoreValue(record.tenant),
            StoreValue(record.route), StoreValue(record.dialect), StoreValue(record.model), .text(record.mode),
            .text(record.policy.digest), .text(record.outcome.rawValue), StoreValue(record.status),
            StoreValue(record.error), StoreValue(strictest(input, output)), StoreValue(input.map(word)),
            StoreValue(output.map(word)),
            StoreValue(input?.scores.map(ScoreBytes.bytes)), StoreValue(output?.scores.map(ScoreBytes.bytes)),
            .text(rules(input)), .text(rules(output)), StoreValue(input?.failure), StoreValue(output?.failure),
            StoreValue(strictest(record.candidate?.input, record.candidate?.output)),
            StoreValue(microseconds(durations.rules)), StoreValue(microseconds(durations.model)),
            StoreValue(microseconds(durations.upstream)), StoreValue(microseconds(durations.safeguard)),
            StoreValue(microseconds(durations.proxy)), StoreValue(microseconds(durations.total)),
            .text(String(decoding: entry.body, as: UTF8.self) + "}"),
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
