import Testing

@testable import Rules

@Suite struct SpelledNumbersTests {
    private func words(_ text: String) -> [String] {
        let bytes = Array(text.utf8)
        return SpelledNumbers.parted(WordToken.all(of: bytes, in: bytes.indices), of: bytes).map {
            String(decoding: bytes[$0.range], as: UTF8.self)
        }
    }

    @Test func numbersStandApartFromSpelledLetters() {
        #expect(words("h e h a s900p i c") == ["h", "e", "h", "a", "s", "900", "p", "i", "c"])
        #expect(words("C h a p t e r4") == ["C", "h", "a", "p", "t", "e", "r", "4"])
        #expect(words("40f o r y") == ["40", "f", "o", "r", "y"])
    }

    @Test(arguments: ["s900p", "I s900p a", "model x1y and z2", "k1ll a b c d h1m", "a b c d kill3r", "é2 a b c d"])
    func otherWordsStay(text: String) {
        #expect(words(text) == text.split(separator: " ").map(String.init))
    }

    @Test func wordsStayInTheirPlaces() {
        var random = SeededGenerator(seed: 11)
        for _ in 0..<500 {
            let text = random.text(of: "ab12 $é ", length: 0...40)
            let bytes = Array(text.utf8)
            let tokens = WordToken.all(of: bytes, in: bytes.indices)
            let parted = SpelledNumbers.parted(tokens, of: bytes)
            #expect(parted.flatMap(\.range) == tokens.flatMap(\.range))
        }
    }
}
