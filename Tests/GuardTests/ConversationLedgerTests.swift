import GuardCore
import Testing

@testable import Guard

@Suite struct ConversationLedgerTests {
    private func turn(_ text: String) -> ClassifierInput.Turn { .init(role: .user, text: text) }

    @Test func whatWasSaidIsTheCallersOwn() {
        let ledger = ConversationLedger()
        ledger.record(.init(turns: [turn("hello")], storedAs: "r1"), as: "r1", of: "a")
        #expect(ledger.entry("r1", of: "a")?.turns == [turn("hello")])
        #expect(ledger.entry("r1", of: "b") == nil)
        #expect(ledger.entry("r2", of: "a") == nil)
    }

    @Test func theOldestAreForgottenFirst() {
        var limits = ConversationLedger.Limits()
        limits.conversations = 3
        let ledger = ConversationLedger(limits)
        for number in 1...4 { ledger.record(.init(storedAs: "r\(number)"), as: "r\(number)", of: "a") }
        #expect((1...4).map { ledger.entry("r\($0)", of: "a") != nil } == [false, true, true, true])
        // Written again, it is young again.
        ledger.record(.init(), as: "r2", of: "a")
        ledger.record(.init(), as: "r5", of: "a")
        #expect((2...5).map { ledger.entry("r\($0)", of: "a") != nil } == [true, false, true, true])
    }

    @Test func bytesAreBounded() {
        var limits = ConversationLedger.Limits()
        limits.bytes = 100
        let ledger = ConversationLedger(limits)
        for number in 1...50 {
            ledger.record(.init(turns: [turn(String(repeating: "x", count: 30))]), as: "r\(number)", of: "a")
        }
        #expect((1...50).count { ledger.entry("r\($0)", of: "a") != nil } == 3)
        ledger.record(.init(turns: [turn(String(repeating: "x", count: 101))]), as: "large", of: "a")
        #expect(ledger.entry("large", of: "a") == nil)
    }

    @Test func oneConversationWrittenAgainAndAgainStaysOne() {
        var limits = ConversationLedger.Limits()
        limits.conversations = 10
        let ledger = ConversationLedger(limits)
        for number in 0..<10_000 { ledger.record(.init(storedAs: "\(number)"), as: "r", of: "a") }
        #expect(ledger.entry("r", of: "a")?.storedAs == "9999")
    }

    @Test func aConversationKeepsItsLastWords() {
        let entry = ConversationLedger.Entry(turns: [turn("one two")])
        #expect(entry.appending([turn("three")], storedAs: "r", bytes: 8).turns == [turn("two"), turn("three")])
        #expect(entry.appending([turn("three")], storedAs: "r", bytes: 5).turns == [turn("three")])
        #expect(entry.appending([turn("three")], storedAs: nil, bytes: 100).turns == [turn("one two"), turn("three")])
        // Cut inside a character.
        #expect(entry.appending([turn("ä")], storedAs: nil, bytes: 1).turns.count == 1)
    }
}
