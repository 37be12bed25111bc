import Testing

@testable import DecisionStore

@Suite struct SQLiteDatabaseTests {
    private let values: [StoreValue] = [
        .null, .integer(-3), .integer(.min), .text(""), .text("täglich 🥖"), .bytes([]), .bytes([0, 255]),
    ]

    private func table(_ extra: String = "") throws -> SQLiteDatabase {
        let database = try SQLiteDatabase(path: nil)
        _ = try database.write { try $0.rows("CREATE TABLE sample (id INTEGER PRIMARY KEY, value \(extra))", []) }
        return database
    }

    @Test func whatIsInsertedIsRead() throws {
        let database = try table()
        let ids = try database.write { db in
            try values.map { try db.insert("INSERT INTO sample (value) VALUES (?)", [$0]) }
        }
        #expect(ids == Array(1...Int64(values.count)))
        let read = try database.read { try $0.rows("SELECT value FROM sample ORDER BY id", []) }
        #expect(read.map { $0["value"] } == values)
    }

    @Test func anInsertionThatIsRefusedSaysWhyAndTheNextOneGoes() throws {
        let database = try table("TEXT NOT NULL UNIQUE")
        let insertion = "INSERT INTO sample (value) VALUES (?)"
        let id = try database.write { db in
            let first = try db.insert(insertion, [.text("a")])
            for value in [StoreValue.text("a"), .null] {
                let error = #expect(throws: (any Error).self) { try db.insert(insertion, [value]) }
                #expect(error.map { "\($0)".contains("sample.value") } == true)
            }
            return try db.insert(insertion, [.text("b")]) - first
        }
        #expect(id == 1)
        #expect(try database.read { try $0.rows("SELECT value FROM sample", []) }.count == 2)
    }

    @Test func moreValuesThanPlacesAreAnError() throws {
        let database = try table()
        #expect(throws: (any Error).self) {
            try database.write { try $0.insert("INSERT INTO sample (value) VALUES (?)", [.null, .null]) }
        }
    }

    @Test func whatIsRemovedFromAFileIsOverwritten() throws {
        let folder = try TemporaryFolder()
        let database = try SQLiteDatabase(path: folder.file("db"))
        let setting = try database.write { try $0.rows("PRAGMA secure_delete", []) }
        #expect(setting.map { $0.integer("secure_delete") } == [1])
    }

    @Test(arguments: ["db", nil] as [String?])
    func sortingWritesNoTemporaryFiles(name: String?) throws {
        let folder = try TemporaryFolder()
        let database = try SQLiteDatabase(path: name.map(folder.file))
        let settings = [
            try database.write { try $0.rows("PRAGMA temp_store", []) },
            try database.read { try $0.rows("PRAGMA temp_store", []) },
        ]
        // 2 is memory.
        #expect(settings.map { $0.map { $0.integer("temp_store") } } == [[2], [2]])
    }

    @Test func cleaningAFileThatAnotherReadsIsPutOff() throws {
        let folder = try TemporaryFolder()
        let databases = try (1...2).map { _ in try SQLiteDatabase(path: folder.file("db")) }
        try databases[0].write { _ = try $0.rows("CREATE TABLE sample (value)", []) }
        try databases[1].read { db in
            _ = try db.rows("SELECT * FROM sample", [])
            // Not after the 5 s that others are waited for elsewhere.
            let start = ContinuousClock.now
            try databases[0].clean()
            #expect(start.duration(to: .now) < .seconds(4))
        }
        try databases[0].clean()
    }

    @Test func whatWasInsertedByTransactionsThatFailIsGone() throws {
        struct Stop: Error {}
        let database = try table()
        #expect(throws: Stop.self) {
            try database.write { db in
                _ = try db.insert("INSERT INTO sample (value) VALUES (?)", [.integer(1)])
                throw Stop()
            }
        }
        #expect(try database.read { try $0.rows("SELECT value FROM sample", []) }.isEmpty)
    }
}
