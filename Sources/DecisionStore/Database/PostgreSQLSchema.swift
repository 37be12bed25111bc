#if PostgreSQL
/// The tables in PostgreSQL: those of `Schema`, in a schema of their own. A version that was released is never edited: the
/// next one is added behind it.
enum PostgreSQLSchema {
    /// Statements of each version, from the first.
    private static let versions: [[String]] = [
        [
            """
            CREATE TABLE decision (
                id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                time BIGINT NOT NULL,
                request_id TEXT NOT NULL,
                tenant TEXT,
                dialect TEXT,
                model TEXT,
                mode TEXT NOT NULL,
                policy TEXT NOT NULL,
                outcome TEXT NOT NULL,
                status BIGINT,
                error TEXT,
                action TEXT,
                input_action TEXT,
                output_action TEXT,
                input_scores BYTEA,
                output_scores BYTEA,
                input_rules TEXT NOT NULL,
                output_rules TEXT NOT NULL,
                input_failure TEXT,
                output_failure TEXT,
                candidate_action TEXT,
                rules_us BIGINT,
                model_us BIGINT,
                upstream_us BIGINT,
                proxy_us BIGINT,
                total_us BIGINT,
                record TEXT NOT NULL
            )
            """,
            "CREATE INDEX decision_time ON decision (time)",
            "CREATE INDEX decision_request ON decision (request_id)",
            """
            CREATE TABLE finding (
                decision BIGINT NOT NULL REFERENCES decision (id) ON DELETE CASCADE,
                phase TEXT NOT NULL,
                category TEXT NOT NULL,
                PRIMARY KEY (decision, phase, category)
            )
            """,
            "CREATE INDEX finding_category ON finding (category)",
            """
            CREATE TABLE mark (
                request_id TEXT NOT NULL,
                phase TEXT NOT NULL,
                time BIGINT NOT NULL,
                is_right BIGINT NOT NULL,
                category TEXT,
                PRIMARY KEY (request_id, phase)
            )
            """,
        ],
        ["ALTER TABLE decision ADD COLUMN safeguard_us BIGINT"],
        ["ALTER TABLE decision ADD COLUMN route TEXT"],
        [
            "ALTER TABLE decision ADD COLUMN candidate_policy TEXT",
            "CREATE INDEX decision_action ON decision (action, id)",
        ],
    ]

    /// Gateways that start together wait for one another here: any number that nobody else uses.
    private static let lock: Int64 = 0x6775_6172_6469_616E

    /// - Parameter schema: the name of the schema, which is made if it is not there.
    static func migrate(_ database: PostgreSQLDatabase, schema: String) throws {
        try database.write { db in
            try db.rows("SELECT pg_advisory_xact_lock(?)", [.integer(lock)])
            try db.rows("CREATE SCHEMA IF NOT EXISTS \(schema)", [])
            try db.rows("CREATE TABLE IF NOT EXISTS store_version (version BIGINT NOT NULL)", [])
            let version = try db.rows("SELECT coalesce(max(version), 0) AS version FROM store_version", [])
            let done = Int(version.first?.integer("version") ?? 0)
            for (index, statements) in versions.enumerated() where index >= done {
                for statement in statements { try db.rows(statement, []) }
                try db.rows("INSERT INTO store_version (version) VALUES (?)", [.integer(Int64(index + 1))])
            }
        }
    }
}
#endif
