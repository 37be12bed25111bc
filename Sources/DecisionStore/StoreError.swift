/// What the store cannot do, in words that name the file.
package struct StoreError: Error, Sendable, Equatable, CustomStringConvertible {
    package var description: String

    init(_ place: StorePlace, _ failure: any Error) {
        description = "\(place): \(failure)"
    }
}

/// Where decisions are kept.
package enum StorePlace: Sendable, Equatable, CustomStringConvertible {
    /// As long as the process lives.
    case memory
    /// Absolute path of an SQLite file, which is made if it does not exist.
    case file(String)
    /// For builds with the trait `PostgreSQL`.
    case postgresql(PostgreSQL)

    /// A database of a PostgreSQL server.
    package struct PostgreSQL: Sendable, Equatable {
        /// The build cannot speak to one.
        struct Missing: Error, CustomStringConvertible {
            var description: String { "this build cannot use it: build with --traits PostgreSQL" }
        }

        /// A connection string or URI of libpq.
        package var address: String
        /// The schema that the tables are in, made if it is not there.
        package var schema: String

        /// - Parameter schema: small letters, digits and underscores.
        package init(address: String, schema: String = "guardian") {
            self.address = address
            self.schema = schema
        }
    }

    /// Why this build can keep nothing there, whatever the place is like; nil if it can.
    package var obstacle: StoreError? {
        #if !PostgreSQL
        if case .postgresql = self { return StoreError(self, PostgreSQL.Missing()) }
        #endif
        return nil
    }

    package var description: String {
        switch self {
        case .memory: "the store in memory"
        case .file(let path): path
        // The address may hold a password.
        case .postgresql: "the PostgreSQL store"
        }
    }
}

/// How much of the past is kept.
package struct StoreRetention: Sendable, Equatable {
    /// Decisions that are older go.
    package var age = Duration.seconds(30 * 86_400)
    /// Of more, the oldest go.
    package var decisions = 100_000
    /// Of more bytes of records, the oldest go, where the store is in memory.
    package var bytesInMemory = 64 << 20

    package init() {}

    /// From one pruning to the next, at the most: as long may a decision outlive `age`. 100 ms to an hour.
    var pruningInterval: Duration { max(.milliseconds(100), min(age / 10, .seconds(3600))) }
}
