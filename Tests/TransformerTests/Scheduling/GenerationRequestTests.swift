import Testing

@testable import Transformer

struct GenerationRequestTests {
    /// Three beginnings, of which the last two stand in for an unsure first one.
    private func automaton(share: Double?) throws -> TokenAutomaton {
        var automaton = TokenAutomaton()
        for text in [[1, 9], [2, 8], [3, 7], [4, 6]] as [[Int32]] {
            try automaton.add(text, from: TokenAutomaton.start, to: TokenAutomaton.end)
        }
        automaton.reserve = share.map { TokenAutomaton.Reserve(tokens: [3, 4], share: $0) }
        return automaton
    }

    private func choice(_ logits: [Float], share: Double?) throws -> [Int32] {
        let request = GenerationRequest(
            [],
            limits: GenerationLimits(maxTokens: 10, stopTokens: []),
            automaton: try automaton(share: share)
        )
        var choice = TokenChoice(request)
        #expect(choice.candidates.map(Set.init) == [1, 2, 3, 4])
        var logits = logits
        return try logits.withUnsafeMutableBufferPointer { try choice.next($0).tokens }
    }

    @Test func aTokenThatIsLikelyEnoughIsTaken() throws {
        // Of the four the second has 0.76.
        let logits: [Float] = [9, 1, 3, 0, 1, 0, 0, 0, 0, 0]
        #expect(try choice(logits, share: nil) == [2, 8])
        #expect(try choice(logits, share: 0.7) == [2, 8])
    }

    @Test func oneThatIsLessLikelyGivesWayToTheLikeliestOfTheReserve() throws {
        let logits: [Float] = [9, 1, 3, 0, 1, 0, 0, 0, 0, 0]
        #expect(try choice(logits, share: 0.8) == [4, 6])
        #expect(try choice([0, 1, 1, 1, 0, 0, 0, 0, 0, 0], share: 0.5) == [3, 7])
    }

    @Test func whatIsNoNumberTakesNoShare() throws {
        #expect(try choice([0, .nan, 2, 0, -.infinity, 0, 0, 0, 0, 0], share: 0.8) == [2, 8])
        #expect(throws: SessionError.notFinite) { try choice([Float](repeating: .nan, count: 10), share: 0.5) }
    }
}
