import Testing

@testable import Tokenizer

struct PreTokenizerTests {
    private func words(_ text: String) -> [String] {
        var text = text
        return text.withUTF8 { bytes in
            var scanner = PreTokenizer(bytes)
            var words: [String] = []
            while let word = scanner.next() { words.append(String(decoding: bytes[word], as: UTF8.self)) }
            return words
        }
    }

    @Test func aSpaceGoesWithTheWordBehindIt() {
        #expect(words("Hello big  world") == ["Hello", " big", " ", " world"])
        #expect(words(" a !b") == [" a", " !", "b"])
    }

    @Test func everyNumberCharacterStandsAlone() {
        #expect(words("in 2026, ½") == ["in", " ", "2", "0", "2", "6", ",", " ", "½"])
    }

    @Test func whiteSpaceBeforeANumberStaysWhole() {
        #expect(words("a   1") == ["a", "   ", "1"])
        #expect(words("a   b") == ["a", "  ", " b"])
    }

    @Test func contractionsSplitOff() {
        #expect(
            words("I'm they've he'll don't we're I'd it's") == [
                "I", "'m", " they", "'ve", " he", "'ll", " don", "'t", " we", "'re", " I", "'d", " it", "'s",
            ]
        )
        #expect(words("IT'S 'l 'r") == ["IT", "'", "S", " '", "l", " '", "r"])
        #expect(words("!'s '") == ["!'", "s", " '"])
    }

    @Test func lineBreaksAndTabsDoNotJoinWords() {
        #expect(words("a\nb\n\n\nc\t d") == ["a", "\n", "b", "\n\n", "\n", "c", "\t", " d"])
        #expect(words("end \n ") == ["end", " \n "])
    }

    @Test func charactersNewerThanTheReferenceCountAsUnassigned() {
        // U+A7CE, a letter since Unicode 17.
        #expect(ScalarClass("\u{a7ce}") == .other)
    }

    @Test func wordsCoverTheTextWithoutGaps() {
        for text in ["", "x", "Größe, 안녕\u{3000}1２३!😀's\u{85}", String(repeating: " \n'", count: 50)] {
            #expect(words(text).joined() == text)
        }
    }
}
