import Testing

@testable import PolicyLanguage

@Suite struct SuggestionTests {
    private let known = ["threshold", "action", "response", "self_harm", "hate", "sexual_content"]

    @Test(arguments: [
        ("self-harm", "self_harm"), ("Self Harm", "self_harm"), ("selfharm", "self_harm"), ("treshold", "threshold"),
        ("thershold", "threshold"), ("acton", "action"), ("hat", "hate"), ("sexual_contents", "sexual_content"),
    ])
    func findsTheWordThatWasMeant(word: String, meant: String) {
        #expect(Suggestion.nearest(to: word, among: known) == meant)
        #expect(Suggestion.hint(for: word, among: known) == "did you mean '\(meant)'?")
    }

    @Test(arguments: ["", "zzz", "weapons", "actionactionaction", String(repeating: "action", count: 100_000)])
    func listsWhatIsKnownIfNothingIsNear(word: String) {
        #expect(Suggestion.nearest(to: word, among: known) == nil)
        #expect(
            Suggestion.hint(for: word, among: known)
                == "known: threshold, action, response, self_harm, hate, sexual_content"
        )
    }

    @Test func ofTwoEquallyNearTheFirstKnownIsTaken() {
        #expect(Suggestion.nearest(to: "hatt", among: ["hats", "hate"]) == "hats")
    }
}
