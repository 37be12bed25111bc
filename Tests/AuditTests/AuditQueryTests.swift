import Deflate
import Foundation
import GuardCore
import Testing

@testable import Audit

@Suite struct AuditQueryTests {
    private let folder: TemporaryFolder
    private let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder.file("a.log")
        let file = try FileOutput(path: path, hash: testHash)
        let log = AuditLog(output: file, recovery: file.recovery, hash: testHash)
        for number in 0..<6 {
            var record = AuditRecord.sample(requestID: "n\(number)")
            record.time = AuditTime(millisecondsSinceEpoch: Int64(number) * 1000)
            record.tenant = number == 4 ? "acme" : nil
            let category: HarmCategory = number < 3 ? .weapons : .hate
            record.input = .init(
                action: number % 2 == 0 ? .block : nil,
                categories: number % 2 == 0 ? [category] : [],
                findings: [],
                segmentsScanned: 1,
                segmentsUnscanned: 0
            )
            record.output = .init(action: .log, categories: [.privacy], segmentsScanned: 1, segmentsUnscanned: 0)
            log.record(record)
        }
        log.close()
    }

    private func ids(_ change: (inout AuditQuery) -> Void) throws -> [String] {
        var query = AuditQuery()
        change(&query)
        return try query.run([path]).matches.map(\.record.requestID)
    }

    @Test func everyRecordIsFoundAndNoEventOfTheLogItself() throws {
        #expect(try ids { _ in } == ["n0", "n1", "n2", "n3", "n4", "n5"])
        #expect(try AuditQuery().run([path]).unreadable == 0)
    }

    @Test func eachQuestionNarrows() throws {
        #expect(try ids { $0.action = "block" } == ["n0", "n2", "n4"])
        #expect(try ids { $0.action = "allow" } == ["n1", "n3", "n5"])
        #expect(try ids { $0.category = .weapons } == ["n0", "n2"])
        #expect(try ids { $0.tenant = "acme" } == ["n4"])
        #expect(try ids { $0.requestID = "n3" } == ["n3"])
        #expect(try ids { $0.limit = 2 } == ["n4", "n5"])
        #expect(try ids { $0.limit = .max }.count == 6)
        #expect(
            try ids {
                $0.since = AuditTime(rfc3339: "1970-01-01T00:00:01Z")
                $0.until = AuditTime(rfc3339: "1970-01-01T00:00:03Z")
            } == ["n1", "n2"]
        )
    }

    @Test func categoryAndActionHaveToHoldOfOnePhase() throws {
        let crossed = try ids {
            $0.category = .privacy
            $0.action = "block"
        }
        #expect(crossed.isEmpty)
        let same = try ids {
            $0.category = .privacy
            $0.action = "log"
        }
        #expect(same.count == 6)
    }

    @Test func linesOfAnotherKindAreCounted() throws {
        let other = folder.file("b.log")
        try "{}\nrubbish\n{\"event\":\"exchange\",\"time\":3}\n".write(toFile: other, atomically: true, encoding: .utf8)
        let result = try AuditQuery().run([path, other])
        #expect(result.matches.count == 6 && result.unreadable == 3)
    }

    @Test func filesGoByTheirTimesWhereTheirLinesAreOfSeveralChains() throws {
        func put(_ id: String, after last: ChainLink?, seconds: Int64) throws -> String {
            var record = AuditRecord.sample(requestID: id)
            record.time = AuditTime(millisecondsSinceEpoch: seconds * 1000)
            let line = try AuditChain(after: last, hash: testHash).sealing(AuditEncoder.body(record)).line
            try Data(line).write(to: URL(fileURLWithPath: folder.file(id)))
            return folder.file(id)
        }
        let last = ChainLink(sequence: 7, previous: ChainLink.origin, hash: ChainLink.origin)
        let paths = [try put("later", after: nil, seconds: 60), try put("earlier", after: last, seconds: 0)]
        #expect(try AuditQuery().run(paths).matches.map(\.record.requestID) == ["earlier", "later"])
        var newest = AuditQuery()
        newest.limit = 1
        #expect(try newest.run(paths).matches.map(\.record.requestID) == ["later"])
    }

    @Test func compressedFilesAreLookedThroughToo() throws {
        try CompressedFile(of: path).make { false }
        var query = AuditQuery()
        query.category = .weapons
        let result = try query.run([path + ".gz"])
        #expect(result.records == 6 && result.matches.map(\.record.requestID) == ["n0", "n2"])
    }

    @Test func aDamagedFileIsNamed() throws {
        try CompressedFile(of: path).make { false }
        let compressed = path + ".gz"
        let bytes = try Data(contentsOf: URL(fileURLWithPath: compressed))
        try bytes.dropLast(4).write(to: URL(fileURLWithPath: compressed))
        let error = #expect(throws: AuditFileError.self) { try AuditQuery().run([compressed]) }
        #expect(error?.place == .damaged(.endsEarly(at: bytes.count - 4)) && error?.path == compressed)
    }
}
