import Deflate
import Foundation
import Testing

@testable import Audit

@Suite struct AuditVerificationTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Lines as a gateway writes them: started, records, stopped, with checkpoints if signed.
    /// - Parameter name: chains of other names begin with another line, as real ones do.
    private func lines(_ records: Int, isSigned: Bool = false, of name: String = "n") -> [String] {
        let output = MemoryOutput()
        var recovery = AuditRecovery()
        recovery.setAside = name
        let journal = AuditJournal(
            output: output,
            recovery: recovery,
            hash: testHash,
            signer: isSigned ? AuditSigner(keyID: "k", interval: 4, sign: testSignature) : nil
        )
        for number in 0..<records { _ = journal.write(AuditEncoder.body(.sample(requestID: "n\(number)"))) }
        journal.close()
        return output.lines
    }

    private func put(_ lines: [String], _ name: String = "a.log") throws -> String {
        try lines.joined().write(toFile: folder.file(name), atomically: true, encoding: .utf8)
        return folder.file(name)
    }

    private func verify(_ lines: [String], allowsRestarts: Bool = false) throws -> AuditVerification.Report {
        try AuditVerification(hash: testHash, allowsRestarts: allowsRestarts).verify([put(lines)])
    }

    private func verifySigned(_ lines: [String], allowsRestarts: Bool = false) throws -> AuditVerification.Report {
        let verification = AuditVerification(hash: testHash, allowsRestarts: allowsRestarts) { $0 == testSignature($1) }
        return try verification.verify([put(lines)])
    }

    @Test func aWholeLogIsWhole() throws {
        let report = try verify(lines(5))
        #expect(report.isWhole)
        #expect(report.lines == 7 && report.first == 1 && report.last == 7)
    }

    @Test func anEmptyLogIsWhole() throws {
        #expect(try verify([]).isWhole)
    }

    @Test func aChangedLineIsNamed() throws {
        var lines = lines(5)
        lines[3] = lines[3].replacing("\"n2\"", with: "\"n9\"")
        let problem = try #require(try verify(lines).problem)
        #expect(problem.line == 4 && problem.file == folder.file("a.log"))
        #expect(problem.description.hasPrefix("\(folder.file("a.log")):4: broken: its bytes have the hash "))
    }

    @Test func aMissingLineIsNamed() throws {
        var lines = lines(5)
        lines.remove(at: 3)
        let problem = try #require(try verify(lines).problem)
        #expect(problem.line == 4)
        #expect(problem.found == "it is number 5" && problem.expected.hasPrefix("4, the one after "))
    }

    @Test func swappedDoubledAndForeignLinesAreNamed() throws {
        var swapped = lines(5)
        swapped.swapAt(2, 3)
        #expect(try verify(swapped).problem?.line == 3)
        var doubled = lines(5)
        doubled.insert(doubled[2], at: 3)
        #expect(try verify(doubled).problem?.line == 4)
        var foreign = lines(5)
        foreign.insert("{}\n", at: 1)
        #expect(try verify(foreign).problem?.found == "the line has no link of a chain")
    }

    @Test func aLineFromAnotherChainIsNamed() throws {
        var mixed = lines(5)
        let other = MemoryOutput()
        let journal = AuditJournal(output: other, recovery: .init(), hash: testHash, signer: nil)
        for _ in 0..<5 { _ = journal.write(AuditEncoder.body(.sample(requestID: "other"))) }
        mixed[4] = other.lines[4]
        let problem = try #require(try verify(mixed).problem)
        #expect(problem.line == 5 && problem.found.hasPrefix("it follows a line with the hash "))
    }

    @Test func aTornLastLineIsNamed() throws {
        var lines = lines(2)
        lines[3].removeLast(10)
        #expect(try verify(lines).problem?.line == 4)
        lines[3] = ""
        #expect(try verify(lines).isWhole)
    }

    @Test func aLogThatWasWrittenAnewFromSomeLineOnIsNotSignedSo() throws {
        let signed = lines(9, isSigned: true)
        let report = try verifySigned(signed)
        #expect(report.isWhole && report.verifiedCheckpoints == report.checkpoints && report.checkpoints == 3)
        #expect(report.unsigned == 0)
        // The same, by one who has the program but not the key.
        let output = MemoryOutput()
        let signer = AuditSigner(keyID: "k", interval: 4) { _ in String(repeating: "0", count: 128) }
        let journal = AuditJournal(output: output, recovery: .init(), hash: testHash, signer: signer)
        for _ in 0..<9 { _ = journal.write(AuditEncoder.body(.sample(requestID: "forged"))) }
        journal.close()
        #expect(try verify(output.lines).isWhole)
        let problem = try #require(try verifySigned(output.lines).problem)
        #expect(problem.found == "the checkpoint's signature is that of no given key")
    }

    @Test func aLogWithoutAnyCheckpointIsNotSigned() throws {
        #expect(try verifySigned(lines(9)).problem?.found == "no checkpoint is signed by a given key")
    }

    /// What a process writes that goes on behind these lines, and ends in good order.
    private func goOn(behind lines: [String]) throws -> [String] {
        var recovery = AuditRecovery()
        recovery.last = ChainLink.read(Array(try #require(lines.last).utf8.dropLast()))?.link
        let (output, signer) = (MemoryOutput(), AuditSigner(keyID: "k", interval: 4, sign: testSignature))
        let journal = AuditJournal(output: output, recovery: recovery, hash: testHash, signer: signer)
        for _ in 0..<5 { _ = journal.write(AuditEncoder.body(.sample(requestID: "later"))) }
        journal.close()
        return output.lines
    }

    @Test func noCheckpointSpeaksForLinesThatStandBeforeTheStartOfItsRun() throws {
        let before = lines(3, isSigned: true)
        var forged: [String] = []
        var chain = AuditChain(
            after: ChainLink.read(Array(try #require(before.last).utf8.dropLast()))?.link,
            hash: testHash
        )
        for _ in 0..<2 {
            let (line, next) = try chain.sealing(AuditEncoder.body(.sample(requestID: "forged")))
            forged.append(String(decoding: line, as: UTF8.self))
            chain = next
        }
        let all = try before + forged + goOn(behind: forged)
        let report = try verifySigned(all)
        #expect(report.isWhole && report.verifiedCheckpoints == report.checkpoints)
        #expect(report.unsigned == 2 && report.unsignedAtStart == 2)
        // Cut off between two checkpoints.
        let cut = Array(before[..<2])
        let shorter = try verifySigned(cut + goOn(behind: cut))
        #expect(shorter.unsigned == 2 && shorter.unsignedAtStart == 2)
        // What ended in good order leaves none.
        let orderly = try verifySigned(before + goOn(behind: before))
        #expect(orderly.isWhole && orderly.unsigned == 0 && orderly.unsignedAtStart == 0)
        #expect(try verify(all).unsignedAtStart == 0)
    }

    @Test func linesThatCameTwiceAreCountedOnceWhereRestartsAreAllowed() throws {
        let all = lines(600)
        let twice = Array(all[..<560] + all[48...])
        let report = try verify(twice, allowsRestarts: true)
        #expect(report.isWhole && report.lines == 602 && report.repeated == 512 && report.chains == 1)
        #expect(try verify(twice).problem?.line == 561)
        // The first of a chain are no other chain.
        let first = try verify(Array(all[..<2] + all), allowsRestarts: true)
        #expect(first.isWhole && first.lines == 602 && first.repeated == 2 && first.chains == 1)
        // More than go to a collector together come from no lost answer.
        let far = try verify(Array(all[..<560] + all[47...]), allowsRestarts: true)
        #expect(far.problem?.line == 561 && far.problem?.found == "it is number 48")
    }

    @Test func aCheckpointOfAnotherLineIsNamed() throws {
        // A true signature, moved to a later place in a chain that is whole.
        let signed = lines(9, isSigned: true)
        let old = try #require(signed.first { $0.contains("\"checkpoint\":") })
        let body = Array(try #require(old.components(separatedBy: ",\"chain\":").first).utf8)
        let chain = AuditChain(after: ChainLink.read(Array(signed[1].utf8.dropLast()))?.link, hash: testHash)
        let moved = String(decoding: try chain.sealing(body).line, as: UTF8.self)
        let problem = try #require(try verifySigned(Array(signed[...1]) + [moved]).problem)
        #expect(problem.line == 3 && problem.found.hasPrefix("the checkpoint is of line "))
    }

    @Test func aCheckpointIsOfTheLineThatItsOwnLinkNames() throws {
        let signed = lines(9, isSigned: true)
        let index = try #require(signed.firstIndex { $0.contains("\"checkpoint\":") })
        let whole = try verifySigned(Array(signed[index...]))
        #expect(whole.isWhole && whole.first == UInt64(index + 1) && whole.verifiedCheckpoints == 3)
        // A true signature as the first line of another chain, with something behind it.
        let body = Array(try #require(signed[index].components(separatedBy: ",\"chain\":").first).utf8)
        let (moved, chain) = try AuditChain(after: nil, hash: testHash).sealing(body)
        let behind = try chain.sealing(AuditEncoder.body(.sample(requestID: "forged"))).line
        let forged = [moved, behind].map { String(decoding: $0, as: UTF8.self) }
        let problem = try #require(try verifySigned(forged).problem)
        #expect(problem.line == 1 && problem.found.hasPrefix("the checkpoint is of line "))
    }

    @Test func linesThatNoCheckpointOfTheirOwnChainSpeaksForAreCounted() throws {
        let between = lines(3, of: "between")
        let all = lines(9, isSigned: true) + between + lines(9, isSigned: true, of: "later")
        let report = try verifySigned(all, allowsRestarts: true)
        #expect(report.isWhole && report.chains == 3 && report.verifiedCheckpoints == 6)
        #expect(report.unsigned == between.count && report.unsignedChains == 1)
        // The last chain may still go on.
        let unfinished = try verifySigned(all + lines(3, of: "last"), allowsRestarts: true)
        #expect(unfinished.unsigned == 2 * between.count && unfinished.unsignedChains == 1)
        #expect(try verifySigned(lines(9, isSigned: true)).unsignedChains == 0)
    }

    /// The lines of a chain, written at these times of one day.
    private func chain(_ times: [String]) throws -> [String] {
        var chain = AuditChain(after: nil, hash: testHash)
        return try times.map { time in
            let body = Array(#"{"event":"exchange","time":"2026-11-29T\#(time):00.000Z""#.utf8)
            let (line, next) = try chain.sealing(body)
            chain = next
            return String(decoding: line, as: UTF8.self)
        }
    }

    @Test func whereChainsMayBeginTheTimesOfTheLinesDecideNotTheirNumbers() throws {
        // The end of one chain, and another one, whose numbers are lower. A shell names them so.
        let paths = [
            try put(chain(["09:00", "09:01"]), "a.log"),
            try put(Array(chain(["08:00", "08:01", "08:02", "08:03"])[2...]), "a.log.1"),
        ]
        let report = try AuditVerification(hash: testHash, allowsRestarts: true).verify(paths)
        #expect(report.isWhole && report.chains == 1 && report.lines == 4)
        #expect(report.first == 3 && report.last == 2)
    }

    @Test func linesThatAreCutOffTheEndOfAFileAreNoRestart() throws {
        let lines = try chain(["08:00", "08:01", "08:02", "08:03", "08:04"])
        let paths = [try put(Array(lines[3...]), "a.log"), try put(Array(lines[..<2]), "a.log.1")]
        let report = try AuditVerification(hash: testHash, allowsRestarts: true).verify(paths)
        let problem = try #require(report.problem)
        #expect(problem.file == paths[0] && problem.line == 1 && problem.found == "it is number 4")
    }

    @Test func aFileThatGoesOnWithAnotherIsReadNextWhateverItsTime() throws {
        // The last one begins with an exchange that took long.
        let lines = try chain(["08:00", "08:02", "08:01"])
        let paths = [try put([lines[2]], "a.log"), try put([lines[0]], "a.log.1"), try put([lines[1]], "a.log.2")]
        let report = try AuditVerification(hash: testHash, allowsRestarts: true).verify(paths)
        #expect(report.isWhole && report.chains == 1 && report.lines == 3)
    }

    @Test func aPipeIsReadOnce() throws {
        let pipe = Pipe()
        try pipe.fileHandleForWriting.write(contentsOf: Data(lines(5).joined().utf8))
        try pipe.fileHandleForWriting.close()
        defer { try? pipe.fileHandleForReading.close() }
        let path = "/dev/fd/\(pipe.fileHandleForReading.fileDescriptor)"
        let report = try AuditVerification(hash: testHash).verify([path])
        #expect(report.isWhole && report.lines == 7)
    }

    @Test func filesArePutInOrderWhateverTheirNames() throws {
        let lines = lines(8)
        let paths = [
            try put(Array(lines[6...]), "a.log"), try put(Array(lines[3..<6]), "a.log.2"),
            try put(Array(lines[..<3]), "a.log.1"), try put([], "a.log.0"),
        ]
        let verification = AuditVerification(hash: testHash)
        let report = try verification.verify(paths)
        #expect(report.isWhole && report.files == 4 && report.lines == 10)
        let gap = try #require(try verification.verify([paths[0], paths[2]]).problem)
        #expect(gap.file == paths[0] && gap.line == 1 && gap.found == "it is number 7")
    }

    @Test func aLogMayBeginInTheMiddle() throws {
        let report = try verify(Array(lines(5)[3...]))
        #expect(report.isWhole && report.first == 4 && report.chains == 0)
    }

    @Test func aNewChainInTheMiddleHasToBeAllowed() throws {
        let twice = lines(2) + lines(3, of: "later")
        #expect(try verify(twice).problem?.line == 5)
        let report = try verify(twice, allowsRestarts: true)
        #expect(report.isWhole && report.chains == 2)
    }

    @Test func whatTheGatewaySaysItLostIsAddedUp() throws {
        let output = MemoryOutput()
        let journal = AuditJournal(output: output, recovery: .init(), hash: testHash, signer: nil)
        journal.lose(3)
        journal.noteLoss()
        journal.lose(4)
        journal.close()
        #expect(try verify(output.lines).lost == 7)
    }

    @Test(
        arguments: [[0x00, 0xFF, 0x0A], [0x0A, 0x0A], [0x7B], Array(repeating: 0x22, count: 700_000) + [0x0A]]
            as [[UInt8]]
    )
    func rubbishIsNamedAtItsFirstLine(bytes: [UInt8]) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: folder.file("r")))
        #expect(try AuditVerification(hash: testHash).verify([folder.file("r")]).problem?.line == 1)
    }

    @Test func aFileThatIsNotThereIsAClearError() {
        let error = #expect(throws: AuditFileError.self) { try AuditVerification(hash: testHash).verify(["/nowhere"]) }
        #expect(error?.description == "cannot read '/nowhere': No such file or directory")
    }

    @Test func aDamagedFileIsABreakWhereItShows() throws {
        var writer = GzipWriter()
        let packed = writer.write(Array(lines(200).joined().utf8)) + writer.finish()
        let path = folder.file("a.log.gz")
        try Data(packed).write(to: URL(fileURLWithPath: path))
        #expect(try AuditVerification(hash: testHash).verify([path]).lines == 202)
        try Data(packed.dropLast(1000)).write(to: URL(fileURLWithPath: path))
        let report = try AuditVerification(hash: testHash).verify([path])
        let problem = try #require(report.problem)
        #expect(report.lines > 0 && report.lines < 202 && problem.line == report.lines + 1)
        #expect(problem.file == path)
        #expect(problem.found == "its compressed text is cut off after \(packed.count - 1000) bytes")
    }

    @Test func whatComesBehindADamagedFileIsNotLookedAt() throws {
        let whole = lines(5)
        var writer = GzipWriter()
        let packed = writer.write(Array(whole[..<3].joined().utf8)) + writer.finish()
        let first = folder.file("a.log.gz")
        try Data(packed + [0]).write(to: URL(fileURLWithPath: first))
        let report = try AuditVerification(hash: testHash).verify([put(Array(whole[3...]), "b.log"), first])
        #expect(report.lines == 3 && report.problem?.file == first && report.problem?.line == 4)
    }
}
