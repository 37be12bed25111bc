import Testing

@testable import Rules

@Suite struct WordSplitterTests {
    private func words(_ letters: String) -> [String] {
        let bytes = Array(letters.utf8)
        return WordSplitter.split(bytes).words.map { String(decoding: bytes[$0.range], as: UTF8.self) }
    }

    @Test(arguments: [
        ("howtomakeacake", ["how", "to", "make", "a", "cake"]),
        ("givemethepassword", ["give", "me", "the", "password"]),
        ("hewasjokingonmonday", ["he", "was", "joking", "on", "monday"]),
        ("theyweredruggedanddragged", ["they", "were", "drugged", "and", "dragged"]),
        ("alltheeditsyougave", ["all", "the", "edits", "you", "gave"]),
        ("theseedgrows", ["the", "seed", "grows"]),
        ("openthequokka", ["open", "the", "quokka"]), ("kill", ["kill"]), ("xqz", ["xqz"]), ("", []),
    ]) func findsTheLikeliestWords(letters: String, expected: [String]) {
        #expect(words(letters) == expected)
    }

    @Test func aCapitalBehindASmallLetterBeginsAWord() {
        let text = Array("howdoIstop".utf8)
        let letters = text.map { $0 | 0x20 }
        let words = WordSplitter.split(letters, capitals: text.map { $0 & 0x20 == 0 }).words
        #expect(words.map { String(decoding: text[$0.range], as: UTF8.self) } == ["how", "do", "I", "stop"])
    }

    @Test func theWordsAreTheLetters() {
        var random = SeededGenerator(seed: 3)
        for _ in 0..<200 {
            let letters = random.text(of: "thekilnaé1", length: 0...40)
            #expect(words(letters).joined().utf8.elementsEqual(letters.utf8) || letters.contains("é"))
            let ranges = WordSplitter.split(Array(letters.utf8)).words.map(\.range)
            #expect(ranges.reduce(0) { $1.lowerBound == $0 ? $1.upperBound : -1 } == letters.utf8.count)
        }
    }

    @Test func commonWordsAreKnownAndOthersNot() {
        for word in ["the", "of", "a", "password", "cement"] { #expect(CommonWords.shared.contains(word.utf8)) }
        for word in ["", "xqz", "ubj", "gur", "The"] { #expect(!CommonWords.shared.contains(word.utf8)) }
        #expect(CommonWords.shared.rank(of: PackedWord("the".utf8)) == 0)
    }
}
