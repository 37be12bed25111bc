import Testing

@testable import Rules

@Suite struct DrawnWordTests {
    private func read(_ text: String) -> String { String(decoding: DrawnWord(text.utf8).letters, as: UTF8.self) }

    @Test(arguments: [
        ("k1ll", "kill"), ("he110", "hello"), ("p@$$w0rd", "password"), ("7H3", "the"), ("1", "i"), ("", ""),
        ("w111", "will"),
    ]) func takesTheLettersThatMakeAWord(text: String, expected: String) {
        #expect(read(text) == expected)
    }

    @Test func aWordIsCommonHoweverItIsDrawn() {
        for word in ["kill", "k1ll", "he110", "P4SSW0RD", "p@$$w0rd"] {
            #expect(DrawnWord(word.utf8).isCommon)
            #expect(DrawnWord.isCommon(Array(word.utf8)[...]))
        }
        for word in ["", "a", "1", "xqz", "x1qz", "passwordpasswordpassword"] {
            #expect(!DrawnWord(word.utf8).isCommon)
            #expect(!DrawnWord.isCommon(Array(word.utf8)[...]))
        }
    }

    /// Beyond the few digits that are tried both ways, and where no word can be, the letters are still as many.
    @Test func longRowsKeepTheirLength() {
        var random = SeededGenerator(seed: 5)
        for _ in 0..<200 {
            let text = random.text(of: "1l1a0x", length: 0...60)
            #expect(DrawnWord(text.utf8).letters.count == text.utf8.count)
            #expect(DrawnWord(text.utf8).isCommon == DrawnWord.isCommon(Array(text.utf8)[...]))
        }
    }
}
