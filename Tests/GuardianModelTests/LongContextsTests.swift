import GuardCore
import Testing

@testable import GuardianModel

struct LongContextsTests {
    private let long = String(repeating: "a", count: LongContexts.leastBytes)

    private func turns(_ texts: String..., role: Role = .user) -> [ClassifierInput.Turn] {
        texts.map { ClassifierInput.Turn(role: role, text: $0) }
    }

    /// How often each of several contexts was read, one asked for after the other.
    private func readings(_ asked: [[ClassifierInput.Turn]]) -> Int {
        let contexts = LongContexts()
        var readings = 0
        for (index, turns) in asked.enumerated() {
            let tokens = contexts.tokens(of: turns) { turns in
                readings += 1
                return turns.map { Int32($0.text.utf8.count) }
            }
            #expect(tokens == turns.map { Int32($0.text.utf8.count) }, "\(index)")
        }
        return readings
    }

    @Test func aLongContextIsReadOnce() {
        #expect(readings([turns(long), turns(long), turns(long)]) == 1)
        #expect(readings([turns("b", long), turns("b", long)]) == 1)
    }

    @Test func shortOnesAreReadAnew() {
        #expect(readings([turns("a"), turns("a"), []]) == 3)
    }

    @Test func othersAreNotTakenForIt() {
        #expect(readings([turns(long), turns(long + "a"), turns(long, "a"), turns("a", long)]) == 4)
        #expect(readings([turns(long), turns(long, role: .assistant)]) == 2)
    }

    @Test func whatIsRememberedIsBounded() {
        // The first is forgotten when as many others have come as are kept.
        let others = (0..<256).map { turns(long, "\($0)") }
        #expect(readings([turns(long)] + others + [turns(long)]) == 258)
    }
}
