import Foundation
import Testing

@testable import Audit

@Suite struct FileOutputTests {
    private let folder: TemporaryFolder
    private var path: String { folder.file("a.log") }

    init() throws { folder = try TemporaryFolder() }

    /// Opens the file as the gateway does, writes records, and closes it in good order.
    @discardableResult
    private func write(
        _ ids: [String],
        rotation: FileOutput.Rotation = .init(),
        closes: Bool = true
    ) throws -> AuditRecovery {
        let file = try FileOutput(path: path, rotation: rotation, hash: testHash)
        let recovery = file.recovery
        let journal = AuditJournal(output: file, recovery: recovery, hash: testHash, signer: nil)
        for id in ids { #expect(journal.write(AuditEncoder.body(.sample(requestID: id)))) }
        if closes { journal.close() } else { file.close() }
        return recovery
    }

    private func verify(_ names: String...) throws -> AuditVerification.Report {
        try AuditVerification(hash: testHash).verify(names.map(folder.file))
    }

    @Test func onlyTheOwnerMayReadIt() throws {
        #expect(FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o644]))
        try write(["a"])
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    @Test func theChainGoesOnFromOneProcessToTheNext() throws {
        try write(["a", "b"])
        let recovery = try write(["c"])
        #expect(recovery.last?.sequence == 4)
        let report = try verify("a.log")
        #expect(report.problem == nil)
        #expect(report.lines == 7 && report.first == 1 && report.last == 7 && report.chains == 1)
    }

    @Test func aTornLineIsMovedAsideAndToldOf() throws {
        try write(["a", "b"], closes: false)
        let whole = try String(contentsOfFile: path, encoding: .utf8)
        for cut in [1, 2, 40, 100] {
            try String(whole.dropLast(cut)).write(toFile: path, atomically: true, encoding: .utf8)
            let recovery = try write(["c"])
            let torn = try #require(recovery.tornFile)
            let piece = try String(contentsOfFile: folder.file(torn), encoding: .utf8)
            #expect(whole.dropLast(cut).hasSuffix(piece) && piece.utf8.count == recovery.tornBytes)
            #expect(recovery.last?.sequence == 2)
            let report = try verify("a.log")
            #expect(report.problem == nil)
            #expect(try folder.lines("a.log").contains { $0.contains(#""torn":{"file":"\#(torn)""#) })
            try FileManager.default.removeItem(atPath: folder.file(torn))
        }
    }

    @Test func aFileThatIsOneTornLineBeginsAnew() throws {
        try Data(repeating: 0x78, count: 200_000).write(to: URL(fileURLWithPath: path))
        let recovery = try write(["a"])
        #expect(recovery.tornBytes == 200_000 && recovery.last == nil)
        #expect(try verify("a.log").problem == nil)
    }

    @Test func aLineLongerThanABlockIsFound() throws {
        try write([String(repeating: "x", count: 300_000)], closes: false)
        #expect(try write(["b"]).last?.sequence == 2)
        #expect(try verify("a.log").problem == nil)
    }

    @Test(arguments: ["no chain\n", "\n", "{}\n"])
    func aFileOfAnotherKindIsKeptUnderAnotherName(contents: String) throws {
        try contents.write(toFile: path, atomically: true, encoding: .utf8)
        let recovery = try write(["a"])
        let name = try #require(recovery.setAside)
        #expect(try String(contentsOfFile: folder.file(name), encoding: .utf8) == contents)
        #expect(try folder.lines("a.log")[0].contains(#""set_aside":"\#(name)""#))
        #expect(try verify("a.log").problem == nil)
    }

    @Test func aChangedLastLineIsNotMended() throws {
        try write(["a"], closes: false)
        let text = try String(contentsOfFile: path, encoding: .utf8)
        try text.replacing("\"a\"", with: "\"b\"").write(toFile: path, atomically: true, encoding: .utf8)
        let recovery = try write(["c"])
        #expect(recovery.last == nil)
        let name = try #require(recovery.setAside)
        #expect(try verify(name).problem?.line == 2)
    }

    @Test func aSecondProcessIsTurnedAway() throws {
        let first = try FileOutput(path: path, hash: testHash)
        let error = #expect(throws: AuditFileError.self) { try FileOutput(path: self.path, hash: testHash) }
        #expect(error?.description.contains("another process writes") == true)
        first.close()
        #expect(throws: Never.self) { try FileOutput(path: self.path, hash: testHash) }
    }

    @Test func aPathThatCannotBeOpenedIsAClearError() throws {
        let path = folder.file("missing/a.log")
        let error = #expect(throws: AuditFileError.self) { try FileOutput(path: path, hash: testHash) }
        #expect(error?.code == ENOENT)
        #expect(error?.description.contains(path) == true)
    }

    @Test func aFullFileIsPutAwayAndTheOldestRemoved() throws {
        let ids = (0..<60).map { "n\($0)" }
        try write(ids, rotation: .init(size: 2000, keep: 3))
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        #expect(names.count == 4)
        for name in names {
            let size = try FileManager.default.attributesOfItem(atPath: folder.file(name))[.size] as? Int
            #expect(try #require(size) <= 2000)
        }
        let report = try AuditVerification(hash: testHash).verify(names.map(folder.file))
        #expect(report.problem == nil)
        #expect(report.files == 4 && report.first ?? 0 > 1)
        #expect(try folder.lines("a.log")[0].contains(#""event":"rotated""#))
        #expect(try folder.lines("a.log")[0].contains(#""removed":["a.log."#))
    }

    @Test func aFilePutAwayEndsInACheckpointAndKeepsItsSize() throws {
        let file = try FileOutput(path: path, rotation: .init(size: 3000, keep: 100), hash: testHash)
        let signer = AuditSigner(keyID: "k", interval: 1000, sign: testSignature)
        let journal = AuditJournal(output: file, recovery: file.recovery, hash: testHash, signer: signer)
        for number in 0..<30 { #expect(journal.write(AuditEncoder.body(.sample(requestID: "n\(number)")))) }
        journal.close()
        let away = RotatedFiles(path: path).existing
        #expect(away.count > 3)
        for path in away {
            let text = try String(contentsOfFile: path, encoding: .utf8)
            #expect(text.utf8.count <= 3000)
            #expect(text.split(separator: "\n").last?.hasPrefix(#"{"event":"checkpoint""#) == true)
        }
        let report = try AuditVerification(hash: testHash) { testSignature($1) == $0 }.verify(away + [path])
        #expect(report.problem == nil && report.unsigned == 0 && report.verifiedCheckpoints == away.count + 1)
    }

    @Test func aSizeThatNoLineFitsInPutsEachRecordInAFileOfItsOwn() throws {
        let file = try FileOutput(path: path, rotation: .init(size: 1, keep: 100), hash: testHash)
        let signer = AuditSigner(keyID: "k", interval: 1, sign: testSignature)
        let journal = AuditJournal(output: file, recovery: file.recovery, hash: testHash, signer: signer)
        for id in ["a", "b", "c"] { #expect(journal.write(AuditEncoder.body(.sample(requestID: id)))) }
        journal.close()
        #expect(RotatedFiles(path: path).existing.count == 4)
        #expect(try AuditVerification(hash: testHash).verify([path] + RotatedFiles(path: path).existing).problem == nil)
    }

    @Test func aStartIsToldRightBehindTheSignedEndHoweverFullTheFileIs() throws {
        let signer = AuditSigner(keyID: "k", interval: 100, sign: testSignature)
        for id in ["a", "b"] {
            let file = try FileOutput(path: path, rotation: .init(size: 1, keep: 100), hash: testHash)
            let journal = AuditJournal(output: file, recovery: file.recovery, hash: testHash, signer: signer)
            #expect(journal.write(AuditEncoder.body(.sample(requestID: id))))
            journal.close()
        }
        let files = RotatedFiles(path: path).existing + [path]
        let report = try AuditVerification(hash: testHash) { testSignature($1) == $0 }.verify(files)
        #expect(report.isWhole && report.unsigned == 0 && report.unsignedAtStart == 0)
    }

    @Test func aRotationThatCannotBeDoneIsNotTriedForEachRecord() throws {
        // Put away it would have a longer name than the system lets it have.
        let path = folder.file(String(repeating: "a", count: 240))
        let file = try FileOutput(path: path, rotation: .init(size: 1), hash: testHash)
        let line = Array("line\n".utf8)
        #expect(file.write(line, event: "exchange"))
        #expect(file.wantsRotation(before: 1, at: .now()))
        #expect(file.rotate(after: 1, at: .now()) == nil)
        #expect(!file.wantsRotation(before: 1, at: .now()))
        #expect(file.write(line, event: "exchange"))
        file.close()
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "line\nline\n")
    }

    @Test func afterTheClockWasSetBackAFileThatIsPutAwayIsNotTheFirstToGo() throws {
        let file = try FileOutput(path: path, rotation: .init(size: 1, keep: 2), hash: testHash)
        for number in 1...4 {
            #expect(file.write(Array("\(number)\n".utf8), event: "exchange"))
            let time = AuditTime(millisecondsSinceEpoch: 1_763_930_467_042 - Int64(number) * 3_600_000)
            let rotation = try #require(file.rotate(after: UInt64(number), at: time))
            #expect(!rotation.removed.contains(rotation.file))
        }
        let texts = try RotatedFiles(path: path).existing.map { try String(contentsOfFile: $0, encoding: .utf8) }
        #expect(texts == ["3\n", "4\n"])
    }

    @Test func aFileThatWasEmptiedIsPutAwayByWhatItHolds() throws {
        let file = try FileOutput(path: path, rotation: .init(size: 100), hash: testHash)
        let line = [UInt8](repeating: 0x61, count: 60)
        #expect(file.write(line, event: "exchange"))
        #expect(file.wantsRotation(before: 50, at: .now()))
        #expect(truncate(path, 0) == 0)
        #expect(!file.wantsRotation(before: 50, at: .now()))
        #expect(file.write(line, event: "exchange"))
        #expect(!file.wantsRotation(before: 40, at: .now()))
        #expect(file.wantsRotation(before: 50, at: .now()))
    }

    @Test func aPieceOfALineIsTakenBackByWhatTheFileHolds() throws {
        let file = try FileOutput(path: path, hash: testHash)
        #expect(file.write(Array("whole and long\n".utf8), event: "exchange"))
        #expect(truncate(path, 0) == 0)
        #expect(file.write(Array("whole\npie".utf8), event: "exchange"))
        let descriptor = open(path, O_RDWR)
        defer { _ = closeDescriptor(descriptor) }
        FileOutput.takeBack(3, from: descriptor)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "whole\n")
        FileOutput.takeBack(0, from: descriptor)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "whole\n")
        // Emptied between the two.
        FileOutput.takeBack(30, from: descriptor)
        #expect(try String(contentsOfFile: path, encoding: .utf8).isEmpty)
    }

    /// A folder with nothing in it.
    private func makeFolder(_ name: String) throws -> String {
        try FileManager.default.createDirectory(atPath: folder.file(name), withIntermediateDirectories: true)
        return folder.file(name)
    }

    private func link(to file: String) throws {
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: file)
    }

    @Test func behindALinkTheFileIsPutAwayAndTheLinkStays() throws {
        let real = try makeFolder("real") + "/b.log"
        try link(to: real)
        try write((0..<20).map { "n\($0)" }, rotation: .init(size: 2000, keep: 100))
        let files = RotatedFiles(path: real)
        #expect(files.existing.count > 3 && RotatedFiles(path: path).existing.isEmpty)
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: path) == real)
        #expect(try AuditVerification(hash: testHash).verify(files.existing + [path]).problem == nil)
    }

    @Test func theFileOfALinkThatLeadsNowhereYetIsWhereTheLinkLeads() throws {
        let inner = try makeFolder("real")
        try link(to: "real/b.log")
        #expect(FileOutput.place(of: path) == inner + "/b.log")
        let further = folder.file("c.log")
        try FileManager.default.createSymbolicLink(atPath: inner + "/b.log", withDestinationPath: further)
        #expect(FileOutput.place(of: path) == further)
        try FileManager.default.createSymbolicLink(atPath: further, withDestinationPath: path)
        #expect(FileOutput.place(of: path) == path)
    }

    @Test func behindALinkAFileOfAnotherKindIsKeptBesideIt() throws {
        let inner = try makeFolder("real")
        try "no chain\n".write(toFile: inner + "/b.log", atomically: true, encoding: .utf8)
        try link(to: inner + "/b.log")
        let name = try #require(try write(["a"]).setAside)
        #expect(try String(contentsOfFile: inner + "/" + name, encoding: .utf8) == "no chain\n")
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: path) == inner + "/b.log")
        #expect(try verify("a.log").problem == nil)
    }

    @Test func anOldFileIsPutAway() throws {
        try write(["a"], rotation: .init(age: .seconds(3600)))
        #expect(RotatedFiles(path: path).existing.isEmpty)
        // A first line of a day ago: the time is read from the file.
        let body = Array(#"{"event":"exchange","time":"2020-01-01T00:00:00.000Z""#.utf8)
        let line = try AuditChain(after: nil, hash: testHash).sealing(body).line
        try Data(line).write(to: URL(fileURLWithPath: path))
        try write(["b"], rotation: .init(age: .seconds(3600)))
        #expect(RotatedFiles(path: path).existing.count == 1)
        #expect(try AuditVerification(hash: testHash).verify([path] + RotatedFiles(path: path).existing).problem == nil)
    }

    @Test func aFileOfAClockThatRanAheadIsPutAwayInTime() throws {
        let body = Array(#"{"event":"exchange","time":"2099-01-01T00:00:00.000Z""#.utf8)
        let line = try AuditChain(after: nil, hash: testHash).sealing(body).line
        try Data(line).write(to: URL(fileURLWithPath: path))
        let file = try FileOutput(path: path, rotation: .init(age: .seconds(3600)), hash: testHash)
        let now = AuditTime.now()
        #expect(!file.wantsRotation(before: 1, at: now))
        let later = AuditTime(millisecondsSinceEpoch: now.millisecondsSinceEpoch + 3_600_000)
        #expect(file.wantsRotation(before: 1, at: later))
    }

    @Test func afterADeathBetweenTwoFilesTheChainGoesOn() throws {
        try write(["a"], closes: false)
        try FileManager.default.moveItem(atPath: path, toPath: RotatedFiles(path: path).name(after: 2, at: .now()))
        #expect(try write(["b"]).last?.sequence == 2)
        #expect(try AuditVerification(hash: testHash).verify([path] + RotatedFiles(path: path).existing).problem == nil)
    }

    @Test func reopenFollowsALogThatWasMovedAway() throws {
        let file = try FileOutput(path: path, hash: testHash)
        let log = AuditLog(output: file, recovery: file.recovery, hash: testHash)
        log.record(.sample(requestID: "before"))
        log.flush()
        try FileManager.default.moveItem(atPath: path, toPath: folder.file("a.log.1"))
        log.reopen()
        log.record(.sample(requestID: "after"))
        log.flush()
        log.reopen()
        log.close()
        #expect(try folder.lines("a.log.1").last?.contains("before") == true)
        #expect(try folder.lines("a.log").first?.contains("after") == true)
        #expect(try verify("a.log", "a.log.1").problem == nil)
    }

    @Test func aFailedReopenKeepsTheOldFile() throws {
        let inner = folder.file("inner")
        try FileManager.default.createDirectory(atPath: inner, withIntermediateDirectories: true)
        let log = AuditLog(output: try FileOutput(path: inner + "/a.log", hash: testHash), hash: testHash)
        log.flush()
        try FileManager.default.moveItem(atPath: inner, toPath: folder.file("moved"))
        log.reopen()
        log.record(.sample())
        log.close()
        #expect(try folder.lines("moved/a.log").count == 3)
    }

    @Test func aReopenThatFailedIsDoneOnceItCanBe() throws {
        let inner = try makeFolder("inner")
        let log = AuditLog(
            output: try FileOutput(path: inner + "/a.log", hash: testHash),
            hash: testHash,
            reopenPause: .zero
        )
        log.flush()
        try FileManager.default.moveItem(atPath: inner, toPath: folder.file("moved"))
        log.reopen()
        log.record(.sample(requestID: "before"))
        log.flush()
        #expect(log.statistics.written == 1 && log.statistics.reopenFailures > 0)
        _ = try makeFolder("inner")
        log.record(.sample(requestID: "after"))
        log.close()
        #expect(try folder.lines("moved/a.log").last?.contains("before") == true)
        #expect(try folder.lines("inner/a.log").first?.contains("after") == true)
        #expect(try verify("moved/a.log", "inner/a.log").problem == nil)
    }

    @Test func reopenFollowsALinkThatWasTurned() throws {
        let files = try ["one", "two"].map { try makeFolder($0) + "/b.log" }
        try link(to: files[0])
        let file = try FileOutput(path: path, rotation: .init(size: 2000, keep: 100), hash: testHash)
        let journal = AuditJournal(output: file, recovery: file.recovery, hash: testHash, signer: nil)
        try FileManager.default.removeItem(atPath: path)
        try link(to: files[1])
        #expect(journal.reopen())
        for number in 0..<20 { #expect(journal.write(AuditEncoder.body(.sample(requestID: "n\(number)")))) }
        journal.close()
        let away = RotatedFiles(path: files[1]).existing
        #expect(away.count > 3 && RotatedFiles(path: files[0]).existing.isEmpty)
        #expect(try AuditVerification(hash: testHash).verify([files[0]] + away + [path]).problem == nil)
    }

    @Test func aDeviceIsWrittenToAsItIs() throws {
        let file = try FileOutput(path: "/dev/null", rotation: .init(size: 1), hash: testHash)
        #expect(file.recovery == AuditRecovery())
        #expect(file.write([0x0A], event: "exchange"))
        #expect(!file.wantsRotation(before: 100, at: .now()))
    }

    @Test func filesPutAwayAreCompressedAndTheChainGoesThroughThem() async throws {
        let rotation = FileOutput.Rotation(size: 2000, keep: 3, compression: .gzip)
        let file = try FileOutput(path: path, rotation: rotation, hash: testHash)
        let journal = AuditJournal(output: file, recovery: file.recovery, hash: testHash, signer: nil)
        for number in 0..<60 { #expect(journal.write(AuditEncoder.body(.sample(requestID: "n\(number)")))) }
        let files = RotatedFiles(path: path)
        try await eventually { files.uncompressed.isEmpty }
        #expect(files.existing.count == 3 && files.existing.allSatisfy { $0.hasSuffix(".gz") })
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 4)
        journal.close()
        let report = try AuditVerification(hash: testHash).verify(files.existing + [path])
        #expect(report.problem == nil && report.files == 4 && report.lines > 8)
    }

    @Test func whatADeathLeftOverIsPutRightAtTheNextStart() async throws {
        try write((0..<20).map { "n\($0)" }, rotation: .init(size: 2000, keep: 100), closes: false)
        let files = RotatedFiles(path: path)
        let plain = files.uncompressed
        #expect(plain.count > 3)
        // Killed while it compressed the second, and before it removed the first.
        try CompressedFile(of: plain[0]).make { false }
        let whole = try Data(contentsOf: URL(fileURLWithPath: plain[0] + ".gz"))
        var text = try LogText(path: plain[0] + ".gz")
        try Data(text.next() ?? []).write(to: URL(fileURLWithPath: plain[0]))
        let unfinished = folder.file("compressing-\(RotatedFiles.lastPart(of: plain[1])).gz")
        let other = unfinished.replacing("compressing-a.log", with: "compressing-b.log")
        for path in [unfinished, other] { try whole.dropLast(9).write(to: URL(fileURLWithPath: path)) }
        let named = [plain[0] + ".gz"] + files.existing + [path]
        #expect(try AuditVerification(hash: testHash).verify(named).problem == nil)

        let file = try FileOutput(path: path, rotation: .init(size: 2000, compression: .gzip), hash: testHash)
        try await eventually { files.uncompressed.isEmpty }
        file.close()
        #expect(files.existing == plain.map { $0 + ".gz" })
        #expect(!FileManager.default.fileExists(atPath: unfinished) && FileManager.default.fileExists(atPath: other))
        #expect(try AuditVerification(hash: testHash).verify(files.existing + [path]).problem == nil)
    }

    @Test func whatCannotBeCompressedStaysAndIsTold() async throws {
        let rotation = FileOutput.Rotation(size: 1, keep: 100, compression: .gzip)
        try write(["a", "b"], rotation: .init(size: 1, keep: 100))
        let files = RotatedFiles(path: path)
        let stuck = try #require(files.existing.first)
        let name = RotatedFiles.lastPart(of: stuck)
        try FileManager.default.createDirectory(
            atPath: folder.file("compressing-\(name).gz"),
            withIntermediateDirectories: true
        )
        let file = try FileOutput(path: path, rotation: rotation, hash: testHash)
        let journal = AuditJournal(output: file, recovery: file.recovery, hash: testHash, signer: nil)
        try await eventually { files.uncompressed == [stuck] }
        // The failure was first: the files are taken in their order.
        #expect(journal.write(AuditEncoder.body(.sample(requestID: "c"))))
        #expect(try folder.lines("a.log").first?.contains(#""uncompressed":["\#(name)"]"#) == true)
        journal.close()
        #expect(try AuditVerification(hash: testHash).verify(files.existing + [path]).problem == nil)
    }

    @Test func theChainGoesOnFromACompressedFile() throws {
        try write(["a"], closes: false)
        let away = RotatedFiles(path: path).name(after: 2, at: .now())
        try FileManager.default.moveItem(atPath: path, toPath: away)
        try CompressedFile(of: away).make { false }
        #expect(try write(["b"]).last?.sequence == 2)
        #expect(try AuditVerification(hash: testHash).verify([path] + RotatedFiles(path: path).existing).problem == nil)
    }
}
