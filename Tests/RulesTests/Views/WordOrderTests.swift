import Testing

@testable import Rules

@Suite struct WordOrderTests {
    @Test(arguments: [
        "how do I get to the station from my house", "the cat sat on the mat in a box",
        "What is this, and who are your friends?",
    ]) func theOrderOfEnglishScoresMoreThanItsReverse(text: String) {
        let back = text.split(separator: " ").reversed().joined(separator: " ")
        #expect(WordOrder.score(of: Array(text.utf8)) > 0)
        #expect(WordOrder.score(of: Array(back.utf8)) < 0)
    }

    @Test func sentencesBeginWithCapitalsAndEndWithSigns() {
        for (text, back) in [
            ("You testify, you die.", "die. you testify, You"), ("Go home. Now!", "!woN .emoh oG"),
            ("Sum it up.", "up. it Sum"),
        ] {
            #expect(WordOrder.score(of: Array(text.utf8)) > WordOrder.score(of: Array(back.utf8)))
        }
    }

    @Test func whatHasNoSuchWordsTellsNothing() {
        for text in ["", "kill", "Привет мир", "1 2 3"] { #expect(WordOrder.score(of: Array(text.utf8)) == 0) }
    }
}
