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

    package var description: String {
        switch self {
        case .memory: "the store in memory"
        case .file(let path): path
        }
    }
}

/// How much of the past is kept.
package struct StoreRetention: Sendable, Equatable {
    /// Decisions that are older go.
    package var age = Duration.seconds(30 * 86_400)
    /// Of more, the oldest go.
    package var decisions = 100_000

    package init() {}
}
