/// The database behind a store, whichever it is. Called on any thread.
protocol StoreDatabase: Sendable {
    /// Runs `body` in a transaction, which is undone if it throws.
    func write<Result>(_ body: (any StoreConnection) throws -> Result) throws -> Result

    /// The same for what changes nothing.
    func read<Result>(_ body: (any StoreConnection) throws -> Result) throws -> Result

    /// Lets go of what is left, beside the tables, of rows that were removed.
    func clean() throws
}

extension StoreDatabase {
    func clean() throws {}
}

/// A connection within a transaction.
protocol StoreConnection {
    var dialect: SQLDialect { get }

    /// Runs one statement.
    ///
    /// - Parameters:
    ///   - sql: what both databases understand; `?` stands for an argument, and for nothing else.
    ///   - arguments: in the order of their places.
    /// - Returns: its rows; none for a statement that has none.
    @discardableResult
    func rows(_ sql: String, _ arguments: [StoreValue]) throws -> [StoreRow]

    /// Runs an insertion of one row into a table whose key is `id`. Traffic does this all the time.
    ///
    /// - Returns: the row's `id`.
    func insert(_ sql: String, _ arguments: [StoreValue]) throws -> Int64
}

/// Where the two databases have no words in common.
enum SQLDialect {
    case sqlite, postgresql

    /// The values of a column of texts, with a space between.
    func joined(_ column: String) -> String {
        switch self {
        case .sqlite: "group_concat(\(column), ' ')"
        case .postgresql: "string_agg(\(column), ' ')"
        }
    }
}

/// A value of a column or an argument.
enum StoreValue: Sendable, Equatable {
    case null
    case integer(Int64)
    case text(String)
    case bytes([UInt8])

    init(_ value: Int64?) { self = value.map { .integer($0) } ?? .null }
    init(_ value: Int?) { self = value.map { .integer(Int64($0)) } ?? .null }
    init(_ value: String?) { self = value.map { .text($0) } ?? .null }
    init(_ value: [UInt8]?) { self = value.map { .bytes($0) } ?? .null }
}

/// A row of a result. What is null or of another type reads as nil.
struct StoreRow: Sendable {
    /// Their places by name.
    let columns: [String: Int]
    let values: [StoreValue]

    subscript(name: String) -> StoreValue { columns[name].map { values[$0] } ?? .null }

    func integer(_ name: String) -> Int64? { self[name].integer }
    func text(_ name: String) -> String? { self[name].text }
    func bytes(_ name: String) -> [UInt8]? { self[name].bytes }
}

extension StoreValue {
    var integer: Int64? { if case .integer(let value) = self { value } else { nil } }
    var text: String? { if case .text(let value) = self { value } else { nil } }
    var bytes: [UInt8]? { if case .bytes(let value) = self { value } else { nil } }
}
