import Foundation
import Testing

@testable import Audit

@Suite struct FileAuditSinkTests {
    @Test func keepsEveryRecordInOrder() throws {
        let folder = try TemporaryFolder()
        let sink = try FileAuditSink(path: folder.file("a.log"))
        for number in 0..<500 { sink.record(.sample(requestID: "n\(number)")) }
        sink.close()
        let lines = try folder.lines("a.log")
        #expect(lines.count == 500)
        #expect(lines[0].contains("\"n0\"") && lines[499].contains("\"n499\""))
        #expect(sink.statistics == AuditStatistics(written: 500))
    }

    @Test func onlyTheOwnerMayReadIt() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a.log")
        #expect(
            FileManager.default.createFile(
                atPath: path,
                contents: Data("old\n".utf8),
                attributes: [.posixPermissions: 0o644]
            )
        )
        let sink = try FileAuditSink(path: path)
        sink.record(.sample())
        sink.close()
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        let lines = try folder.lines("a.log")
        #expect(lines.count == 2 && lines[0] == "old")
    }

    @Test func flushReturnsWhenTheRecordsAreInTheFile() throws {
        let folder = try TemporaryFolder()
        let sink = try FileAuditSink(path: folder.file("a.log"))
        sink.record(.sample())
        sink.flush()
        #expect(try folder.lines("a.log").count == 1)
        sink.flush()
        sink.close()
    }

    @Test func reopenFollowsLogRotation() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a.log")
        let sink = try FileAuditSink(path: path)
        sink.record(.sample(requestID: "before"))
        sink.flush()
        try FileManager.default.moveItem(atPath: path, toPath: folder.file("a.log.1"))
        sink.reopen()
        sink.record(.sample(requestID: "after"))
        sink.close()
        #expect(try folder.lines("a.log.1").map { $0.contains("before") } == [true])
        #expect(try folder.lines("a.log").map { $0.contains("after") } == [true])
    }

    @Test func aFailedReopenKeepsTheOldFile() throws {
        let folder = try TemporaryFolder()
        let inner = folder.file("inner")
        try FileManager.default.createDirectory(atPath: inner, withIntermediateDirectories: true)
        let sink = try FileAuditSink(path: inner + "/a.log")
        try FileManager.default.moveItem(atPath: inner, toPath: folder.file("moved"))
        sink.reopen()
        sink.record(.sample())
        sink.close()
        #expect(try folder.lines("moved/a.log").count == 1)
    }

    @Test func afterCloseRecordsAreCountedAsDropped() throws {
        let folder = try TemporaryFolder()
        let sink = try FileAuditSink(path: folder.file("a.log"))
        sink.close()
        sink.close()
        sink.record(.sample())
        sink.flush()
        #expect(sink.statistics == AuditStatistics(dropped: 1))
    }

    @Test func aPathThatCannotBeOpenedIsAClearError() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("missing/a.log")
        let error = #expect(throws: AuditFileError.self) { try FileAuditSink(path: path) }
        #expect(error?.code == ENOENT)
        #expect(error?.description.contains(path) == true)
    }

    @Test func manyThreadsLoseNothing() async throws {
        let folder = try TemporaryFolder()
        let sink = try FileAuditSink(path: folder.file("a.log"), capacity: 16, overflow: .block)
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask { for number in 0..<100 { sink.record(.sample(requestID: "\(task)-\(number)")) } }
            }
        }
        sink.close()
        #expect(Set(try folder.lines("a.log")).count == 800)
    }
}
