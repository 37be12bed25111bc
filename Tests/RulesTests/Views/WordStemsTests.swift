import Testing

@testable import Rules

@Suite struct WordStemsTests {
    private func stems(_ word: String) -> [PackedWord] {
        var stems: [PackedWord] = []
        WordStems.forEach(of: PackedWord(word.utf8)) { stems.append($0) }
        return stems
    }

    @Test(arguments: [
        ("asks", "ask"), ("boxes", "box"), ("jokes", "joke"), ("joked", "joke"), ("joking", "joke"), ("asking", "ask"),
        ("drugged", "drug"), ("tries", "try"), ("quickly", "quick"), ("faster", "fast"), ("using", "use"),
        ("international", ""),
    ]) func knowsWhatAnEndingIsPutTo(word: String, stem: String) {
        #expect(stem.isEmpty ? stems(word).isEmpty : stems(word).contains(PackedWord(stem.utf8)))
    }

    @Test func shortWordsAndEndingsAloneHaveNone() {
        for word in ["", "s", "is", "ed", "ing", "the", "les"] { #expect(stems(word).isEmpty) }
    }

    @Test func anEndingOfTwoLettersStandsBehindSibilantsOnly() {
        #expect(stems("churches").contains(PackedWord("church".utf8)))
        #expect(!stems("stealthes").contains(PackedWord("stealth".utf8)))
        #expect(!stems("breades").contains(PackedWord("bread".utf8)))
    }

    @Test func noStemIsLongerThanItsWordOrEmpty() {
        var random = SeededGenerator(seed: 9)
        for _ in 0..<500 {
            let word = random.text(of: "abceginlrsdy", length: 0...18)
            for stem in stems(word) { #expect((2...word.count).contains(stem.count)) }
        }
    }
}
