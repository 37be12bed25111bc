import Foundation
import Testing

@testable import Audit

@Suite struct RotatedFilesTests {
    @Test func theOrderOfTheNamesIsThatOfTheLines() {
        let files = RotatedFiles(path: "/var/a.log")
        let time = AuditTime(millisecondsSinceEpoch: 0)
        #expect(files.name(after: 42, at: time) == "/var/a.log.19700101T000000Z-000000000042")
        #expect(files.name(after: 9, at: time) < files.name(after: 10, at: time))
        #expect(files.name(after: 99, at: time) < files.name(after: 1, at: AuditTime(millisecondsSinceEpoch: 1000)))
    }

    @Test(
        arguments: [
            ("20251231T235959Z-000000000050", "2026-01-01T00:00:00Z", "20260101T000000Z-000000000043"),
            ("20260101T000000Z-000000000042", "2026-01-01T00:00:00Z", "20260101T000000Z-000000000043"),
            // The clock was set back.
            ("20260101T000000Z-000000000042", "2025-12-31T23:00:00Z", "20260101T000000Z-000000000043"),
            ("99980101T000000Z-000000000042", "2026-01-01T00:00:00Z", "99980101T000000Z-000000000043"),
            // And the chain has begun anew.
            ("20260101T000000Z-000000000043", "2025-12-31T23:00:00Z", "20260101T000001Z-000000000043"),
            ("20260101T000000Z-000000000050", "2025-12-31T23:00:00Z", "20260101T000001Z-000000000043"),
            // No time at all.
            ("aaaaaaaaaaaaaaaZ-000000000007", "2026-01-01T00:00:00Z", "20260101T000000Z-000000000043"),
        ] as [(String, String, String)]
    ) func aFileIsPutAwayBehindThoseThatAreThereWhateverTheClockSays(
        present: String,
        clock: String,
        name: String
    ) throws {
        let folder = try TemporaryFolder()
        #expect(FileManager.default.createFile(atPath: folder.file("a.log.\(present)"), contents: nil))
        let time = try #require(AuditTime(rfc3339: clock))
        let next = RotatedFiles(path: folder.file("a.log")).nextName(after: 43, at: time)
        #expect(next == folder.file("a.log.\(name)"))
    }

    @Test func onlyFilesOfThisLogAreRemoved() throws {
        let folder = try TemporaryFolder()
        let others = [
            "a.log", "a.log.1", "torn-19700101T000000Z-1.a.log", "b.log.19700101T000000Z-000000000042",
            "a.log.19700101T000000Z-00000000004x", "a.log.19700101T000000Z", "a.logs.19700101T000000Z-000000000042",
        ]
        let own = ["a.log.19700101T000000Z-000000000042", "a.log.19700101T000001Z-000000000043"]
        for name in others + own {
            #expect(FileManager.default.createFile(atPath: folder.file(name), contents: nil))
        }
        let files = RotatedFiles(path: folder.file("a.log"))
        #expect(files.existing == own.map(folder.file))
        #expect(files.remove(keeping: 1) == [own[0]])
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == (others + [own[1]]).sorted()
        )
    }

    @Test(arguments: ["prüfung.log", "журнал.jsonl"])
    func theNameOfTheLogMayHaveAnyLetters(name: String) throws {
        let folder = try TemporaryFolder()
        let own = name + ".19700101T000000Z-000000000042"
        let unfinished = "compressing-\(own).gz"
        for name in [own, unfinished] {
            #expect(FileManager.default.createFile(atPath: folder.file(name), contents: nil))
        }
        let files = RotatedFiles(path: folder.file(name))
        #expect(files.existing == [folder.file(own)])
        files.removeUnfinished()
        #expect(files.remove(keeping: 0) == [own])
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }

    @Test func whatIsPutAsideTwiceInASecondIsKeptTwice() throws {
        let folder = try TemporaryFolder()
        let files = RotatedFiles(path: folder.file("a.log"))
        let time = AuditTime(millisecondsSinceEpoch: 0)
        let names = (0..<3).map { _ in
            let name = files.aside("torn", at: time)
            #expect(FileManager.default.createFile(atPath: name, contents: nil))
            return name
        }
        #expect(Set(names).count == 3)
        #expect(names.allSatisfy { $0.hasPrefix(folder.file("torn-19700101T000000Z-")) && $0.hasSuffix(".a.log") })
    }

    @Test func aFolderThatIsNotThereHoldsNone() {
        #expect(RotatedFiles(path: "/nowhere/a.log").existing.isEmpty)
    }

    @Test func compressedFilesCountAsThePlainOnesDo() throws {
        let folder = try TemporaryFolder()
        let stems = (1...4).map { "a.log.19700101T00000\($0)Z-00000000004\($0)" }
        let names = [stems[0] + ".gz", stems[1], stems[1] + ".gz", stems[2] + ".gz", stems[3]]
        let others = ["a.log.gz", "a.log.1.gz", stems[0] + ".gz.gz", stems[0] + ".xz"]
        for name in names + others {
            #expect(FileManager.default.createFile(atPath: folder.file(name), contents: nil))
        }
        let files = RotatedFiles(path: folder.file("a.log"))
        #expect(files.existing == [names[0], names[1], names[3], names[4]].map(folder.file))
        #expect(files.uncompressed == [names[1], names[4]].map(folder.file))
        #expect(files.remove(keeping: 2) == [names[0], names[1], names[2]])
        #expect(files.existing == [names[3], names[4]].map(folder.file))
        let left = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        #expect(left == (others + [names[3], names[4]]).sorted())
    }

    @Test func whatIsUnfinishedIsRemovedIfItIsOfThisLog() throws {
        let folder = try TemporaryFolder()
        let own = "compressing-a.log.19700101T000000Z-000000000042.gz"
        let others = [
            "compressing-b.log.19700101T000000Z-000000000042.gz", "compressing-a.log.gz", "compressing-.gz",
            "compressing-a.log.19700101T000000Z-000000000042", "a.log.19700101T000000Z-000000000042.gz",
        ]
        for name in others + [own] {
            #expect(FileManager.default.createFile(atPath: folder.file(name), contents: nil))
        }
        RotatedFiles(path: folder.file("a.log")).removeUnfinished()
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == others.sorted())
    }
}
