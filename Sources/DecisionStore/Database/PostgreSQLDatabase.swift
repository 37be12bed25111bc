#if PostgreSQL
import CPostgreSQL
import Foundation

/// A PostgreSQL server, through libpq and one connection, which is opened anew after it broke.
///
/// The store is written by one thread and read by the dashboard now and then: more connections would wait for nothing.
final class PostgreSQLDatabase: StoreDatabase, @unchecked Sendable {
    /// Held while the connection is used.
    private let lock = NSLock()
    private let connection: PostgreSQLConnection

    /// - Parameters:
    ///   - address: a connection string or URI of libpq. A password is better kept out of it: `PGPASSFILE`, `PGPASSWORD`.
    ///   - schema: a name of small letters, digits and underscores; the tables are in it.
    init(_ address: String, schema: String) throws {
        connection = try PostgreSQLConnection(address, schema: schema)
        try PostgreSQLSchema.migrate(self, schema: schema)
    }

    func write<Result>(_ body: (any StoreConnection) throws -> Result) throws -> Result {
        try transaction("BEGIN", body)
    }

    func read<Result>(_ body: (any StoreConnection) throws -> Result) throws -> Result {
        try transaction("BEGIN READ ONLY", body)
    }

    private func transaction<Result>(
        _ begin: String,
        _ body: (any StoreConnection) throws -> Result
    ) throws -> Result {
        lock.lock()
        defer { lock.unlock() }
        do {
            try connection.rows(begin, [])
        } catch  where connection.isBroken {
            // Nothing was asked of the server yet that it may have done.
            try connection.reopen()
            try connection.rows(begin, [])
        }
        do {
            let result = try body(connection)
            try connection.rows("COMMIT", [])
            return result
        } catch {
            _ = try? connection.rows("ROLLBACK", [])
            throw error
        }
    }
}

/// What the server, or the way to it, had to say. Values of rows are not in it.
struct PostgreSQLError: Error, CustomStringConvertible {
    var description: String
}

final class PostgreSQLConnection: StoreConnection {
    private let handle: OpaquePointer
    private let schema: String
    /// Names of statements that the server has prepared.
    private var prepared: [String: String] = [:]

    var dialect: SQLDialect { .postgresql }

    init(_ address: String, schema: String) throws {
        self.schema = schema
        // What comes behind `dbname`, which holds the address, cannot be changed by it; what stands before can. A machine
        // or network that no longer acknowledges anything breaks the connection within half a minute.
        let parameters = [
            ("connect_timeout", "5"), ("tcp_user_timeout", "10000"), ("keepalives_idle", "10"),
            ("keepalives_interval", "5"), ("keepalives_count", "3"), ("application_name", "guardian"),
            ("dbname", address), ("client_encoding", "UTF8"),
        ]
        var names: [UnsafePointer<CChar>?] = parameters.map { UnsafePointer(strdup($0.0)) } + [nil]
        var values: [UnsafePointer<CChar>?] = parameters.map { UnsafePointer(strdup($0.1)) } + [nil]
        defer { for text in names + values { free(UnsafeMutablePointer(mutating: text)) } }
        guard let handle = PQconnectdbParams(&names, &values, 1) else {
            throw PostgreSQLError(description: "no memory for a connection")
        }
        self.handle = handle
        // Notices would go to standard error.
        PQsetNoticeProcessor(handle, { _, _ in }, nil)
        try prepare()
    }

    deinit { PQfinish(handle) }

    var isBroken: Bool { PQstatus(handle) != CONNECTION_OK }

    func reopen() throws {
        prepared = [:]
        PQreset(handle)
        try prepare()
    }

    private func prepare() throws {
        guard !isBroken else { throw PostgreSQLError(description: Self.words(PQerrorMessage(handle))) }
        // The server gives up a statement that takes too long, or waits for another's lock, so that it does not hold up
        // the dashboard. Nothing here bounds how long a server is waited for that is stopped itself while its machine
        // still acknowledges. Durability is the audit log's affair. Bytes are read as two digits each.
        for setting in [
            "SET search_path TO \(schema)", "SET statement_timeout TO '10s'", "SET lock_timeout TO '10s'",
            "SET synchronous_commit TO off", "SET bytea_output TO hex",
        ] {
            let result = PQexec(handle, setting)
            defer { PQclear(result) }
            guard PQresultStatus(result) == PGRES_COMMAND_OK else { throw failure(result) }
        }
    }

    @discardableResult
    func rows(_ sql: String, _ arguments: [StoreValue]) throws -> [StoreRow] {
        let name = try statement(sql)
        let encoded = arguments.map(\.encoded)
        let places = encoded.map { bytes in
            bytes.map { bytes in
                let place = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count + 1)
                for (index, byte) in bytes.enumerated() { place[index] = CChar(bitPattern: byte) }
                place[bytes.count] = 0
                return place
            }
        }
        defer { for place in places { place?.deallocate() } }
        let result = PQexecPrepared(
            handle,
            name,
            Int32(arguments.count),
            places.map { UnsafePointer($0) },
            encoded.map { Int32($0?.count ?? 0) },
            arguments.map { if case .bytes = $0 { 1 } else { 0 } },
            0
        )
        defer { PQclear(result) }
        switch PQresultStatus(result) {
        case PGRES_COMMAND_OK: return []
        case PGRES_TUPLES_OK: return Self.rows(result)
        default: throw failure(result)
        }
    }

    func insert(_ sql: String, _ arguments: [StoreValue]) throws -> Int64 {
        guard let id = try rows(sql + " RETURNING id", arguments).first?.integer("id") else {
            throw PostgreSQLError(description: "an insertion returned no id")
        }
        return id
    }

    /// Has the server prepare a statement, once.
    private func statement(_ sql: String) throws -> String {
        if let name = prepared[sql] { return name }
        let name = "s\(prepared.count)"
        let result = PQprepare(handle, name, numberedPlaces(sql), 0, nil)
        defer { PQclear(result) }
        guard PQresultStatus(result) == PGRES_COMMAND_OK else { throw failure(result) }
        prepared[sql] = name
        return name
    }

    private static func rows(_ result: OpaquePointer?) -> [StoreRow] {
        let width = PQnfields(result)
        let names = (0..<width).map { column in words(PQfname(result, column)) }
        let columns = Dictionary(zip(names, 0...), uniquingKeysWith: { first, _ in first })
        return (0..<PQntuples(result)).map { row in
            StoreRow(columns: columns, values: (0..<width).map { value(result, row, $0) })
        }
    }

    private static func value(_ result: OpaquePointer?, _ row: Int32, _ column: Int32) -> StoreValue {
        guard PQgetisnull(result, row, column) == 0, let place = PQgetvalue(result, row, column) else { return .null }
        let bytes = UnsafeBufferPointer(start: place, count: Int(PQgetlength(result, row, column))).map {
            UInt8(bitPattern: $0)
        }
        return .decoded(bytes, type: PQftype(result, column))
    }

    /// The server's first line, and its code: what follows may quote a row.
    private func failure(_ result: OpaquePointer?) -> PostgreSQLError {
        guard let message = PQresultErrorField(result, Int32(UInt8(ascii: "M"))) else {
            return PostgreSQLError(description: Self.words(PQerrorMessage(handle)))
        }
        let code = PQresultErrorField(result, Int32(UInt8(ascii: "C"))).map { " (\(Self.words($0)))" } ?? ""
        return PostgreSQLError(description: Self.words(message) + code)
    }

    private static func words(_ text: UnsafePointer<CChar>?) -> String {
        guard let text else { return "" }
        return String(cString: text).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}

extension StoreValue {
    /// As libpq takes it: texts and numbers as text, bytes as they are. nil is null.
    fileprivate var encoded: [UInt8]? {
        switch self {
        case .null: nil
        case .integer(let number): Array(String(number).utf8)
        // No text of PostgreSQL holds a zero byte, and a caller may well send one.
        case .text(let text):
            text.utf8.contains(0) ? Array(text.replacing("\0", with: "\u{FFFD}").utf8) : Array(text.utf8)
        case .bytes(let bytes): bytes
        }
    }

    /// - Parameters:
    ///   - bytes: as the server writes the value as text.
    ///   - type: the object id of its type; those of numbers, truth values and bytes are fixed (`pg_type.dat`).
    fileprivate static func decoded(_ bytes: [UInt8], type: UInt32) -> StoreValue {
        switch type {
        case 20, 21, 23, 1700:
            return StoreValue(Int64(String(decoding: bytes, as: UTF8.self)))
        case 16:
            return .integer(bytes == [UInt8(ascii: "t")] ? 1 : 0)
        case 17:
            // `\x` and two digits a byte.
            let digits = bytes.dropFirst(2).compactMap { Character(UnicodeScalar($0)).hexDigitValue }
            return .bytes(stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) })
        default:
            return .text(String(decoding: bytes, as: UTF8.self))
        }
    }
}
#endif
