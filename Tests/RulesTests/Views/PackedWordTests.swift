import Testing

@testable import Rules

@Suite struct PackedWordTests {
    private func read(_ text: String, from start: Int = 0) -> PackedWord? {
        Array(text.utf8).withUnsafeBytes { PackedWord(lettersOf: $0, from: start) }
    }

    @Test func readsTheLettersOfAWordInLowerCase() {
        let rest = " and sixteen bytes more"
        for word in ["a", "Word", "eightlet", "NineLette", "fifteenletter"] {
            #expect(read(word + rest) == PackedWord(word.lowercased().utf8))
        }
        #expect(read("x word" + rest, from: 2) == PackedWord("word".utf8))
    }

    @Test(arguments: [
        "9lives and more words here", " x and more words in here", "é and more words in this",
        "@[`{ and sixteen bytes more",
    ])
    func whatBeginsWithoutALetterIsNone(text: String) { #expect(read(text) == nil) }

    @Test func longWordsAndEndsOfTextsAreLeftToOthers() {
        #expect(read("pneumonoultramicroscopic and more") == nil)
        #expect(read("sixteenlettersxy and sixteen more") == nil)
        #expect(read("too short") == nil)
        #expect(read("") == nil)
    }

    @Test func everyByteButALetterEndsAWord() {
        for byte in UInt8.min...UInt8.max where !ASCIILetters.isLetter(byte) {
            let text = Array("word".utf8) + [byte] + Array("and sixteen bytes more".utf8)
            #expect(text.withUnsafeBytes { PackedWord(lettersOf: $0, from: 0) } == PackedWord("word".utf8))
        }
    }

    @Test func turnsWordsOfEveryLength() {
        var random = SeededGenerator(seed: 21)
        for length in 1...PackedWord.capacity {
            for _ in 0..<20 {
                let letters = Array(random.text(of: "abcdefghijklmnopqrstuvwxyz", length: length...length).utf8)
                let word = PackedWord(letters)
                #expect(word.reversed == PackedWord(letters.reversed()))
                #expect(word.rotated == PackedWord(letters.map(ASCIILetters.rotated)))
            }
        }
        #expect(PackedWord().reversed == PackedWord())
    }

    @Test func whatDoesNotFitIsCounted() {
        let word = PackedWord(repeatElement(UInt8(ascii: "a"), count: 40))
        #expect(word.count == 40)
        #expect(!CommonWords.shared.contains(word))
        #expect(CommonWords.shared.contains("troubleshooting".utf8))
        #expect(!CommonWords.shared.contains("troubleshootingx".utf8))
    }
}
