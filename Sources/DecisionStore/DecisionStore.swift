package import Audit
import GuardCore
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Decisions that were recorded, to be looked at, searched and marked: what the dashboard and tuning read.
///
/// It is a convenience beside the audit log, which is the record of account: what the store loses, the log has. Several
/// gateways may share one.
package final class DecisionStore: Sendable {
    package let place: StorePlace
    let retention: StoreRetention
    private let database: any StoreDatabase
    /// Bytes of the lines that are in the tables, where these are in memory.
    private let heldBytes = Mutex(0)
    /// What is not in the tables yet, where these are in memory.
    private let late = Mutex(LateEntries())
    /// Held while the late ones are put into the tables, so that they come there in their order.
    private let settling = Mutex(())
    /// Of the lines of late ones: of longer ones fewer wait.
    private static let mostLateBytes = 16 << 20
    /// Rows that are made in a row where there are many to make, and microseconds that the processor is then left to the traffic:
    /// schedulers let a thread run on for milliseconds, in which nothing else is answered on that processor.
    static let piece = (rows: 8, pause: UInt32(500))

    /// Whether many records are best added at once: another process does the work, or it is put off.
    var takesManyAtOnce: Bool {
        if case .file = place { false } else { true }
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

    /// Adds records, all or none. In memory they come into the tables when somebody asks for them, or when there are too many.
    ///
    /// - Throws: `StoreError`.
    package func add(_ records: [AuditRecord]) throws(StoreError) {
        try add(records.map { Entry($0, body: AuditEncoder.body($0)) })
    }

    /// The same where their lines are at hand.
    ///
    /// - Throws: `StoreError`.
    package func add(_ entries: [Entry]) throws(StoreError) {
        guard place == .memory else { return try insert(entries) }
        let bytes = late.withLock { late in
            for entry in entries { late.append(entry) }
            // Those before them would be pruned anyway.
            while late.count > retention.decisions || late.bytes > retention.bytesInMemory { _ = late.removeFirst() }
            return late.bytes
        }
        if bytes > Self.mostLateBytes { try settle(leaving: Self.mostLateBytes / 2) }
    }

    /// Puts late records into the tables.
    ///
    /// - Parameter bytes: of lines that may stay late.
    private func settle(leaving bytes: Int = 0) throws(StoreError) {
        guard place == .memory else { return }
        try settling.withLock { _ throws(StoreError) in
            // No more than there are now: meanwhile others come.
            let count = late.withLock { $0.count }
            var left = count
            while left > 0 {
                let piece = late.withLock { late in
                    var piece: [Entry] = []
                    while piece.count < min(left, Self.piece.rows), late.bytes > bytes, let entry = late.removeFirst() {
                        piece.append(entry)
                    }
                    return piece
                }
                guard !piece.isEmpty else { break }
                try insert(piece)
                left -= piece.count
                if left > 0 { usleep(Self.piece.pause) }
            }
            // What they replace must not be found beside them.
            if left < count { try prune(before: nil) }
        }
    }

    private func insert(_ entries: [Entry]) throws(StoreError) {
        let bytes = entries.reduce(0) { $0 + $1.body.count }
        heldBytes.withLock { $0 += bytes }
        try change { db in
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
        try prune(before: now.millisecondsSinceEpoch - retention.age.components.seconds * 1000)
        // Also where nothing was removed now: it may not have been possible the last time.
        do {
            try database.clean()
        } catch {
            throw StoreError(place, error)
        }
    }

    /// - Parameter oldest: nil where age is not looked at.
    private func prune(before oldest: Int64?) throws(StoreError) {
        if let oldest { late.withLock { $0.remove(before: oldest) } }
        try change { db in
            // Counted here, since late ones may become rows before it is this one's turn to write.
            let (lateCount, lateBytes) = late.withLock { ($0.count, $0.bytes) }
            // The newest row stays in any case: where none is left, numbers begin at 1 again.
            let count = max(1, retention.decisions - lateCount)
            if let oldest {
                try db.rows(
                    """
                    DELETE FROM decision WHERE time < ? AND request_id NOT IN (SELECT request_id FROM mark)
                    """,
                    [.integer(oldest)]
                )
            }
            try db.rows(
                """
                DELETE FROM decision WHERE id <= (SELECT max(id) FROM decision) - ?
                AND request_id NOT IN (SELECT request_id FROM mark)
                """,
                [StoreValue(count)]
            )
            let bytes = max(0, retention.bytesInMemory - lateBytes)
            // Only SQLite comes past here, whose `length` of a text is in characters. Adding up all lines takes milliseconds, so it is done
            // only where there may be too many.
            guard place == .memory, heldBytes.withLock({ $0 }) > bytes else { return }
            try db.rows(
                """
                DELETE FROM decision WHERE id <= (
                    SELECT max(id) FROM (
                        SELECT id, sum(length(CAST(record AS BLOB))) OVER (ORDER BY id DESC) AS total FROM decision
                    ) WHERE total > ?
                ) AND request_id NOT IN (SELECT request_id FROM mark)
                """,
                [StoreValue(bytes)]
            )
            let held = try db.rows("SELECT sum(length(CAST(record AS BLOB))) AS total FROM decision", [])
            heldBytes.withLock { $0 = Int(held.first?.integer("total") ?? 0) }
        }
    }

    func write<Result>(_ body: (any StoreConnection) throws -> Result) throws(StoreError) -> Result {
        try settle()
        return try change(body)
    }

    /// Writes to the tables as they are, without what is late.
    private func change<Result>(_ body: (any StoreConnection) throws -> Result) throws(StoreError) -> Result {
        do {
            return try database.write(body)
        } catch {
            throw StoreError(place, error)
        }
    }

    func read<Result>(_ body: (any StoreConnection) throws -> Result) throws(StoreError) -> Result {
        try settle()
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
        "input_failure", "output_failure", "candidate_action", "candidate_policy", "rules_us", "model_us",
        "upstream_us", "safeguard_us", "proxy_us", "total_us", "record",
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
            StoreValue(record.candidate?.policy.digest),
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
