import Testing

@testable import Transformer

struct TokenAutomatonTests {
    private func automaton(_ texts: [[Int32]]) throws -> TokenAutomaton {
        var automaton = TokenAutomaton()
        for text in texts { try automaton.add(text, from: TokenAutomaton.start, to: TokenAutomaton.end) }
        return automaton
    }

    /// Every text of an automaton without loops.
    private func language(_ automaton: TokenAutomaton) -> Set<[Int32]> {
        var found: Set<[Int32]> = []
        var open: [(text: [Int32], state: TokenAutomaton.State)] = [([], TokenAutomaton.start)]
        while let (text, state) = open.popLast() {
            if state == TokenAutomaton.end { found.insert(text) }
            for token in automaton.tokens(in: state) {
                guard let target = automaton.target(of: token, from: state) else { continue }
                open.append((text + [token], target))
            }
        }
        return found
    }

    @Test func equalBeginningsShareTheirStates() throws {
        let automaton = try automaton([[1, 2, 3], [1, 2, 4], [5]])
        #expect(Set(automaton.tokens(in: TokenAutomaton.start)) == [1, 5])
        let one = try #require(automaton.target(of: 1, from: TokenAutomaton.start))
        #expect(automaton.onlyEdge(from: one)?.token == 2)
        let two = try #require(automaton.target(of: 2, from: one))
        #expect(Set(automaton.tokens(in: two)) == [3, 4])
        #expect(automaton.onlyEdge(from: two) == nil)
        #expect(automaton.target(of: 3, from: two) == TokenAutomaton.end)
        #expect(automaton.target(of: 9, from: two) == nil)
        #expect(automaton.tokens(in: TokenAutomaton.end).isEmpty)
        #expect(automaton.onlyEdge(from: TokenAutomaton.end) == nil)
    }

    @Test func partsAreJoinedInTheStateThatTheyShare() throws {
        var automaton = TokenAutomaton()
        let joint = automaton.addState()
        for text in [[1, 2], [3]] as [[Int32]] { try automaton.add(text, from: TokenAutomaton.start, to: joint) }
        for text in [[4], [5, 6]] as [[Int32]] { try automaton.add(text, from: joint, to: TokenAutomaton.end) }
        #expect(language(automaton) == [[1, 2, 4], [1, 2, 5, 6], [3, 4], [3, 5, 6]])
        #expect(automaton.longest == 4)
    }

    @Test(
        arguments: [
            [[1, 2], [1]], [[1], [1, 2]], [[1, 2, 3], [1, 2]], [[]],
        ] as [[[Int32]]]
    )
    func aTextThatIsTheBeginningOfAnotherIsRefused(texts: [[Int32]]) {
        #expect(throws: TokenAutomaton.Ambiguity.self) { try automaton(texts) }
    }

    @Test func aTextMayBeAddedTwice() throws {
        let automaton = try automaton([[1, 2], [1, 2]])
        #expect(language(automaton) == [[1, 2]])
    }

    @Test func anEmptyAutomatonLeadsNowhere() {
        let automaton = TokenAutomaton()
        #expect(automaton.tokens(in: TokenAutomaton.start).isEmpty)
        #expect(automaton.longest == 0)
    }

    @Test func theLanguageIsWhatWasAddedAndNothingElse() throws {
        var random = SeededSequence(11)
        for _ in 0..<200 {
            var texts: Set<[Int32]> = []
            for _ in 0..<12 {
                // A last token of its own keeps any text from being the beginning of another.
                texts.insert(random.tokens(random.integer(0..<6), vocabulary: 4) + [99])
            }
            let automaton = try automaton(Array(texts))
            #expect(language(automaton) == texts)
            #expect(automaton.longest == texts.map(\.count).max())
        }
    }
}
