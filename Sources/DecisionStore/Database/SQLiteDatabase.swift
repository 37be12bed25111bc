import Foundation
import GRDB
import GRDBSQLite

/// An SQLite file, written ahead (WAL), so that readers never wait for the writer; or a database in memory.
struct SQLiteDatabase: StoreDatabase {
    private let writer: any DatabaseWriter
    /// Seconds that one waits for other processes.
    private static let patience = 5

    /// - Parameter path: absolute; the file is made if it does not exist. nil is in memory.
    init(path: String?) throws {
        var configuration = Configuration()
        configuration.busyMode = .timeout(Double(Self.patience))
        configuration.label = "guardian.store"
        // What is sorted would go into files of a folder that a container need not have, for a store in memory too.
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA temp_store = MEMORY") }
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
            configuration.prepareDatabase { db in
                // What is removed is overwritten; not every SQLite is built to do so by itself.
                if !db.configuration.readonly { try db.execute(sql: "PRAGMA secure_delete = ON") }
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

    /// Brings what is written ahead into the file and empties it: else texts stay there until a thousand pages are written.
    func clean() throws {
        guard writer is DatabasePool else { return }
        do {
            try writer.writeWithoutTransaction { database in
                // Whoever waits for a reader here keeps every other writer waiting.
                try database.execute(sql: "PRAGMA busy_timeout = 0")
                defer { try? database.execute(sql: "PRAGMA busy_timeout = \(Self.patience * 1000)") }
                _ = try database.checkpoint(.truncate)
            }
        } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
            // Somebody reads it, or another process writes: the next time does it.
        }
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

    /// Values go to SQLite as they are: boxing two dozen of them for the library costs more than the insertion.
    func insert(_ sql: String, _ arguments: [StoreValue]) throws -> Int64 {
        let statement = try database.cachedStatement(sql: sql).sqliteStatement
        defer {
            sqlite3_reset(statement)
            sqlite3_clear_bindings(statement)
        }
        sqlite3_reset(statement)
        for (place, argument) in zip(Int32(1)..., arguments) {
            try check(argument.bind(to: statement, at: place), SQLITE_OK)
        }
        try check(sqlite3_step(statement), SQLITE_DONE)
        return database.lastInsertedRowID
    }

    private func check(_ code: Int32, _ expected: Int32) throws {
        guard code != expected else { return }
        let message = sqlite3_errmsg(database.sqliteConnection).map { String(cString: $0) }
        throw DatabaseError(resultCode: ResultCode(rawValue: code), message: message)
    }
}

extension StoreValue {
    /// SQLite copies what it is given.
    private static let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    /// - Returns: SQLite's result code.
    fileprivate func bind(to statement: OpaquePointer, at place: Int32) -> Int32 {
        switch self {
        case .null:
            return sqlite3_bind_null(statement, place)
        case .integer(let number):
            return sqlite3_bind_int64(statement, place, number)
        // What is empty may have no address, and SQLite takes that for null.
        case .text(""):
            return sqlite3_bind_text(statement, place, "", 0, Self.copied)
        case .text(var text):
            return text.withUTF8 { bytes in
                bytes.withMemoryRebound(to: CChar.self) {
                    sqlite3_bind_text(statement, place, $0.baseAddress, Int32($0.count), Self.copied)
                }
            }
        case .bytes([]):
            return sqlite3_bind_zeroblob(statement, place, 0)
        case .bytes(let bytes):
            return sqlite3_bind_blob(statement, place, bytes, Int32(bytes.count), Self.copied)
        }
    }

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
