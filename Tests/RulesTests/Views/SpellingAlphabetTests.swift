import Testing

@testable import Rules

@Suite struct SpellingAlphabetTests {
    @Test(arguments: [
        "hotel oscar whiskey / delta oscar / india / mike alfa kilo echo / bravo romeo echo alfa delta",
        "Hotel Oscar Whisky, Delta Oscar, India, Mike Alpha Kilo Echo, Bravo Romeo Echo Alpha Delta",
        "hotel oscar whiskey delta oscar india mike alfa kilo echo bravo romeo echo alfa delta",
    ])
    func spelledWordsAreRead(text: String) {
        #expect(decoded("spell " + text, as: .spellingAlphabet) == ["how do i make bread"])
    }

    @Test func aHyphenBelongsToXRay() {
        let text = "foxtrot india xray / tango hotel echo / bravo romeo echo alfa delta / bravo oscar x-ray"
        #expect(decoded(text, as: .spellingAlphabet) == ["fix the bread box"])
    }

    @Test func wordsOfTheAlphabetInSentencesAreNone() {
        #expect(
            decoded("Mike drove to the hotel in November with Romeo, and Sierra played golf", as: .spellingAlphabet)
                .isEmpty
        )
    }
}
