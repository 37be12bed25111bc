import Synchronization
import Testing

@testable import Audit

/// Asks to be put away before whatever is written, and cannot be.
private final class FullOutput: AuditOutput {
    var longestBatch: Int { 64 }

    func write(_ line: [UInt8], event: String) -> Bool { true }
    func wantsRotation(before bytes: Int, at time: AuditTime) -> Bool { true }
    func close() {}
}

@Suite struct AuditJournalTests {
    private let output = MemoryOutput()
    private let record = AuditEncoder.body(.sample())

    private func journal(interval: Int? = nil) -> AuditJournal {
        AuditJournal(
            output: output,
            recovery: AuditRecovery(),
            hash: testHash,
            signer: interval.map { AuditSigner(keyID: "k", interval: $0, sign: testSignature) }
        )
    }

    private func links() throws -> [ChainLink] {
        try output.lines.map { try #require(ChainLink.read(Array($0.utf8.dropLast()))).link }
    }

    @Test func theLogSaysWhenItBeginsAndEnds() throws {
        let journal = journal()
        #expect(journal.write(record))
        journal.close()
        #expect(output.events == ["started", "exchange", "stopped"])
        #expect(try links().map(\.sequence) == [1, 2, 3])
    }

    @Test func nothingIsWrittenBeforeTheLogSaysThatItBegins() {
        output.refuse(2)
        let journal = journal()
        #expect(!journal.write(record))
        #expect(journal.write(record))
        journal.close()
        #expect(output.events == ["started", "exchange", "stopped"])
    }

    @Test func aLineThatIsRefusedBreaksNoChainAndIsToldOf() throws {
        let journal = journal()
        output.refuse(1)
        #expect(!journal.write(record))
        journal.lose(1)
        #expect(journal.write(record))
        journal.close()
        #expect(output.events == ["started", "lost", "exchange", "stopped"])
        #expect(output.lines[1].contains(#""records":1"#))
        let links = try links()
        #expect(zip(links, links.dropFirst()).allSatisfy { $1.previous == $0.hash })
    }

    @Test func lossesAreAddedUpUntilTheyCanBeTold() {
        let journal = journal()
        output.refuse(2)
        journal.lose(2)
        journal.noteLoss()
        journal.lose(3)
        #expect(!journal.write(record))
        journal.close()
        #expect(output.events == ["started", "lost", "stopped"])
        #expect(output.lines[1].contains(#""records":5"#))
    }

    @Test func checkpointsComeAsOftenAsAskedAndAtTheEnd() throws {
        let journal = journal(interval: 3)
        for _ in 0..<4 { #expect(journal.write(record)) }
        journal.close()
        #expect(
            output.events == [
                "started", "exchange", "exchange", "checkpoint", "exchange", "exchange", "stopped", "checkpoint",
            ]
        )
        let last = try links()[6]
        let signature = testSignature(AuditSigner.message(sequence: 7, hash: last.hash))
        #expect(
            output.lines[7].contains(
                #""checkpoint":{"seq":7,"hash":"\#(last.hash)","key":"k","signature":"\#(signature)"}"#
            )
        )
    }

    @Test func nothingIsSealedThatHasToWaitForARotation() {
        let sealed = Mutex(0)
        let hash: AuditHash = { bytes in
            sealed.withLock { $0 += 1 }
            return try testHash(bytes)
        }
        let journal = AuditJournal(output: FullOutput(), recovery: .init(), hash: hash, signer: nil)
        #expect(sealed.withLock { $0 } == 1)
        #expect(journal.write(together: [record, record, record]) == 0)
        #expect(sealed.withLock { $0 } == 1)
        #expect(journal.write(record))
        #expect(sealed.withLock { $0 } == 2)
    }

    @Test func withoutAHashNothingIsWritten() {
        struct NoHash: Error {}
        let journal = AuditJournal(output: output, recovery: .init(), hash: { _ in throw NoHash() }, signer: nil)
        #expect(!journal.write(record))
        #expect(output.lines.isEmpty)
    }
}
