import GRDB

/// The tables. A version that was released is never edited: the next one is added behind it.
enum Schema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { db in
            // `action` is the strictest of both phases' actions, null where nothing was judged. Scores are 17 little-endian
            // floats: harm, then the categories in taxonomy order. Rules are ids with a space between. Durations are in
            // microseconds, times in milliseconds since 1970.
            try db.execute(
                sql: """
                    CREATE TABLE decision (
                        id INTEGER PRIMARY KEY,
                        time INTEGER NOT NULL,
                        request_id TEXT NOT NULL,
                        tenant TEXT,
                        dialect TEXT,
                        model TEXT,
                        mode TEXT NOT NULL,
                        policy TEXT NOT NULL,
                        outcome TEXT NOT NULL,
                        status INTEGER,
                        error TEXT,
                        action TEXT,
                        input_action TEXT,
                        output_action TEXT,
                        input_scores BLOB,
                        output_scores BLOB,
                        input_rules TEXT NOT NULL,
                        output_rules TEXT NOT NULL,
                        input_failure TEXT,
                        output_failure TEXT,
                        candidate_action TEXT,
                        rules_us INTEGER,
                        model_us INTEGER,
                        upstream_us INTEGER,
                        proxy_us INTEGER,
                        total_us INTEGER,
                        record TEXT NOT NULL
                    );
                    CREATE INDEX decision_time ON decision (time);
                    CREATE INDEX decision_request ON decision (request_id);
                    CREATE TABLE finding (
                        decision INTEGER NOT NULL REFERENCES decision (id) ON DELETE CASCADE,
                        phase TEXT NOT NULL,
                        category TEXT NOT NULL,
                        PRIMARY KEY (decision, phase, category)
                    ) WITHOUT ROWID;
                    CREATE INDEX finding_category ON finding (category);
                    CREATE TABLE mark (
                        request_id TEXT NOT NULL,
                        phase TEXT NOT NULL,
                        time INTEGER NOT NULL,
                        is_right INTEGER NOT NULL,
                        category TEXT,
                        PRIMARY KEY (request_id, phase)
                    ) WITHOUT ROWID;
                    """
            )
        }
        migrator.registerMigration("2") { db in
            try db.execute(sql: "ALTER TABLE decision ADD COLUMN safeguard_us INTEGER")
        }
        migrator.registerMigration("3") { db in
            try db.execute(sql: "ALTER TABLE decision ADD COLUMN route TEXT")
        }
        migrator.registerMigration("4") { db in
            // The digest of the candidate that `candidate_action` is of; null in rows that were stored before.
            try db.execute(
                sql: """
                    ALTER TABLE decision ADD COLUMN candidate_policy TEXT;
                    CREATE INDEX decision_action ON decision (action, id);
                    """
            )
        }
        return migrator
    }
}
