import Testing

@testable import Rules

@Suite struct LetterTriplesTests {
    @Test(arguments: [("plaster", "piaster"), ("labelled", "iabelled"), ("exploiting", "expioiting")])
    func wordsAreLikelierThanWhatIsNone(word: String, other: String) {
        let triples = LetterTriples.shared
        #expect(triples.likelihood(of: Array(word.utf8)) > triples.likelihood(of: Array(other.utf8)))
    }

    @Test func whatHasNoLettersHasALikelihoodToo() {
        #expect(LetterTriples.shared.likelihood(of: []) >= 0)
        #expect(LetterTriples.shared.likelihood(of: [0x39, 0xFF, 0x7A]) >= 0)
    }
}
