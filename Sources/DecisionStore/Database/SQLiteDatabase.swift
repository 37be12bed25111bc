import Foundation
import GRDB

/// An SQLite file, written ahead (WAL), so that readers never wait for the writer; or a database in memory.
struct SQLiteDatabase: StoreDatabase {
    private let writer: any DatabaseWriter

    /// - Parameter path: absolute; the file is made if it does not exist. nil is in memory.
    init(path: String?) throws {
        var configuration = Configuration()
        configuration.busyMode = .timeout(5)
        configuration.label = "guardian.store"
        if let path {
            // Texts may be in it: nobody else reads it.
            if !FileManager.default.fileExists(atPath: path) {
                let made = FileManager.default.createFile(
                    atPath: path,
                    contents: nil,
                    attributes: [.posixPermissions: 0o600]
                )
                guard made else { throw CocoaError(.fileWriteNoPermission) }
            }
            writer = try DatabasePool(path: path, configuration: configuration)
        } else {
            writer = try DatabaseQueue(configuration: configuration)
        }
        try Schema.migrator.migrate(writer)
    }

    func write<Result>(_ body: (any StoreConnection) throws -> Result) throws -> Result {
        try writer.write { try body(SQLiteConnection(database: $0)) }
    }

    func read<Result>(_ body: (any StoreConnection) throws -> Result) throws -> Result {
        try writer.read { try body(SQLiteConnection(database: $0)) }
    }
}

private struct SQLiteConnection: StoreConnection {
    let database: Database

    var dialect: SQLDialect { .sqlite }

    func rows(_ sql: String, _ arguments: [StoreValue]) throws -> [StoreRow] {
        // Statements are few, and the same ones come again and again.
        let statement = try database.cachedStatement(sql: sql)
        let arguments = StatementArguments(arguments.map(\.databaseValue))
        let columns = Dictionary(
            statement.columnNames.enumerated().map { ($0.element, $0.offset) },
            uniquingKeysWith: { first, _ in first }
        )
        guard !columns.isEmpty else {
            try statement.execute(arguments: arguments)
            return []
        }
        return try Row.fetchAll(statement, arguments: arguments).map { row in
            StoreRow(columns: columns, values: row.databaseValues.map(StoreValue.init))
        }
    }
}

extension StoreValue {
    fileprivate init(_ value: DatabaseValue) {
        switch value.storage {
        case .null: self = .null
        case .int64(let number): self = .integer(number)
        case .double(let number): self = .integer(Int64(number))
        case .string(let text): self = .text(text)
        case .blob(let data): self = .bytes(Array(data))
        }
    }

    fileprivate var databaseValue: DatabaseValue {
        switch self {
        case .null: .null
        case .integer(let number): number.databaseValue
        case .text(let text): text.databaseValue
        case .bytes(let bytes): Data(bytes).databaseValue
        }
    }
}
