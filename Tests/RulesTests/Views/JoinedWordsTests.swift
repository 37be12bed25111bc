import Testing

@testable import Rules

@Suite struct JoinedWordsTests {
    @Test(arguments: ["howdoimakebreadathome", "HOWDOIMAKEBREADATHOME"])
    func wordsWithNothingBetweenAreParted(text: String) {
        #expect(decoded(text, as: .joinedWords).map { $0.lowercased() } == ["how do i make bread at home"])
        #expect(decoded("please " + text, as: .joinedWords).count == 1)
    }

    @Test func capitalsMarkTheirBeginnings() {
        #expect(decoded("HowDoIMakeBreadAtHome", as: .joinedWords) == ["How Do I Make Bread At Home"])
    }

    @Test func longWordsAndNamesAreNone() {
        for text in [
            "Donaudampfschifffahrtsgesellschaft", "internationalization", "antidisestablishmentarianism",
            "qwertzuiopasdfghjklyxcvbnm", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        ] {
            #expect(decoded(text, as: .joinedWords).isEmpty, "\(text)")
        }
    }

    @Test func manyLettersAreNoTrap() {
        #expect(decoded(String(repeating: "the", count: 5000), as: .joinedWords).isEmpty)
    }
}
