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
        limits.bytes = 300
        let ledger = ConversationLedger(limits)
        for number in 1...50 {
            ledger.record(.init(turns: [turn(String(repeating: "x", count: 30))]), as: "r\(number)", of: "a")
        }
        #expect((1...50).count { ledger.entry("r\($0)", of: "a") != nil } == 3)
        // What is written again is counted once.
        for _ in 1...50 { ledger.record(.init(turns: [turn(String(repeating: "x", count: 30))]), as: "r50", of: "a") }
        #expect((1...50).count { ledger.entry("r\($0)", of: "a") != nil } == 3)
        ledger.record(.init(turns: [turn(String(repeating: "x", count: 301))]), as: "large", of: "a")
        #expect(ledger.entry("large", of: "a") == nil)
    }

    @Test func turnsWithoutWordsAndNamesTakeRoomToo() {
        var limits = ConversationLedger.Limits()
        limits.bytes = 10_000
        let ledger = ConversationLedger(limits)
        let letters = Array(repeating: turn("x"), count: 30)
        for number in 1...50 { ledger.record(.init(turns: letters), as: "r\(number)", of: "a") }
        #expect((1...50).count { ledger.entry("r\($0)", of: "a") != nil } == 5)
        let name = String(repeating: "n", count: 400)
        for number in 1...50 { ledger.record(.init(storedAs: name), as: "\(number)" + name, of: "a") }
        #expect((1...50).count { ledger.entry("\($0)" + name, of: "a") != nil } == 12)
    }

    @Test func aNameThatIsTooLongIsNotKept() {
        var limits = ConversationLedger.Limits()
        limits.nameBytes = 4
        let ledger = ConversationLedger(limits)
        for name in ["four", "fives"] { ledger.record(.init(turns: [turn("hello")]), as: name, of: "a") }
        #expect(ledger.entry("four", of: "a") != nil && ledger.entry("fives", of: "a") == nil)
        #expect(ledger.keeps("four") && !ledger.keeps("fives"))
    }

    @Test func oneConversationWrittenAgainAndAgainStaysOne() {
        var limits = ConversationLedger.Limits()
        limits.conversations = 10
        let ledger = ConversationLedger(limits)
        for number in 0..<10_000 { ledger.record(.init(storedAs: "\(number)"), as: "r", of: "a") }
        #expect(ledger.entry("r", of: "a")?.storedAs == "9999")
    }

    @Test func turnsThatOverlapAreAllKept() {
        let ledger = ConversationLedger()
        let before = ConversationLedger.Entry(turns: [turn("zero")], storedAs: "r0")
        for (text, name) in [("one", "r1"), ("two", "r2")] {
            let entry = ledger.append([turn(text)], storedAs: name, to: "c", of: "a", behind: before)
            #expect(entry == ledger.entry("c", of: "a"))
        }
        let all = [turn("zero"), turn("one"), turn("two")]
        #expect(ledger.entry("c", of: "a") == .init(turns: all, storedAs: "r2"))
        #expect(ledger.entry("c", of: "b") == nil)
    }

    @Test func aConversationWhoseNameIsTooLongIsNotKeptButToldOf() {
        var limits = ConversationLedger.Limits()
        limits.nameBytes = 4
        let ledger = ConversationLedger(limits)
        let entry = ledger.append([turn("one")], storedAs: "r1", to: "fives", of: "a", behind: .init())
        #expect(entry == .init(turns: [turn("one")], storedAs: "r1"))
        #expect(ledger.entry("fives", of: "a") == nil)
    }

    @Test func aConversationKeepsItsLastWords() {
        let entry = ConversationLedger.Entry(turns: [turn("one two")])
        func texts(_ more: String, bytes: Int) -> [String] {
            var limits = ConversationLedger.Limits()
            limits.conversationBytes = bytes
            return entry.appending([turn(more)], storedAs: "r", within: limits).turns.map(\.text)
        }
        #expect(texts("three", bytes: 8) == ["two", "three"])
        #expect(texts("three", bytes: 5) == ["three"])
        #expect(texts("three", bytes: 100) == ["one two", "three"])
        // Cut inside a character.
        #expect(texts("ä", bytes: 1).count == 1)
    }

    @Test func aConversationKeepsItsLastTurns() {
        var limits = ConversationLedger.Limits()
        limits.conversationTurns = 3
        let entry = ConversationLedger.Entry(turns: [turn("a"), turn("b")])
        let more = entry.appending([turn("c"), turn("d")], storedAs: nil, within: limits)
        #expect(more.turns == [turn("b"), turn("c"), turn("d")])
    }
}
