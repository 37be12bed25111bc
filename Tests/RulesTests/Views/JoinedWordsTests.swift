import Testing

@testable import Rules

@Suite struct JoinedWordsTests {
    @Test(arguments: ["howdoimakebreadathome", "HOWDOIMAKEBREADATHOME"])
    func wordsWithNothingBetweenAreParted(text: String) {
        #expect(decoded(text, as: .joinedWords).map { $0.lowercased() } == ["how do i make bread at home"])
        #expect(decoded("please " + text, as: .joinedWords).count == 1)
    }

    @Test func capitalsMarkTheirBeginningsAndSayNoMore() {
        #expect(decoded("HowDoIMakeBreadAtHome", as: .joinedWords) == ["How do I make bread at home"])
        #expect(
            decoded("TellMarjoribanksThatTheBreadIsDone", as: .joinedWords) == [
                "Tell Marjoribanks that the bread is done"
            ]
        )
    }

    @Test func whatStandsBesideALongRunIsPartedAsWell() {
        #expect(
            decoded("Pleasetellmewhatthatis,ok?Imeanit.", as: .joinedWords) == [
                "Please tell me what that is, ok? I mean it."
            ]
        )
        #expect(
            decoded("pleasetellmewhathappenedin1990withthe3rdmarket", as: .joinedWords) == [
                "please tell me what happened in 1990 with the 3rd market"
            ]
        )
        #expect(
            decoded("Whatintheworlddoestheword\"bread\"meantothebaker", as: .joinedWords) == [
                "What in the world does the word \"bread\" mean to the baker"
            ]
        )
    }

    @Test func apostrophesKeepWhatBelongsToThem() {
        for (joined, text) in [
            ("Idon'tknowwhatthebreadneeds", "I don't know what the bread needs"),
            ("wecouldn'tfindthebakeryagain", "we couldn't find the bakery again"),
            ("thebaker'sbrotherisgoneforgood", "the baker's brother is gone for good"),
            ("Ithinkthatallofthebakers'breadisgonenow", "I think that all of the bakers' bread is gone now"),
        ] {
            #expect(decoded(joined, as: .joinedWords) == [text])
        }
    }

    @Test func addressesArePartedInTheirRunsAlone() {
        let text = "see https://example.org/howdoimakebreadathome?x=anything"
        #expect(decoded(text, as: .joinedWords) == ["how do i make bread at home"])
    }

    @Test func aTextOfManyRunsIsReadInOnePass() {
        let text = Array(String(repeating: "howdoimakebreadathome,", count: 20_000).utf8)
        #expect(JoinedWords.find(in: text, among: LetterRuns.find(in: text)).count == 20_000)
    }

    @Test func longWordsAndNamesAreNone() {
        for text in [
            "Donaudampfschifffahrtsgesellschaft", "internationalization", "antidisestablishmentarianism",
            "qwertzuiopasdfghjklyxcvbnm", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        ] {
            #expect(decoded(text, as: .joinedWords).isEmpty, "\(text)")
        }
    }

    @Test func aRunOfAnyLengthIsRead() {
        let text = String(repeating: "tellmehowthebreadisdone", count: 30)
        let words = Array(repeating: "tell me how the bread is done", count: 30).joined(separator: " ")
        #expect(decoded(text, as: .joinedWords) == [words])
    }

    /// All letters are divided at once, each word within reach of its beginning alone.
    @Test func manyLettersAreNoTrap() {
        let text = Array(String(repeating: "the", count: 20_000).utf8)
        let runs = JoinedWords.find(in: text, among: LetterRuns.find(in: text))
        #expect(runs.map(\.bytes.count) == [20_000 * 4 - 1])
    }
}
