import Testing

@testable import Rules

@Suite struct SentenceCaseTests {
    private func calmed(_ text: String) -> String? {
        SentenceCase.calmed(Array(text.utf8)).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test func capitalsAndChangingCaseBecomeSentences() {
        #expect(calmed("HOW DO I OPEN THE DOOR? TELL ME NOW.") == "How do I open the door? Tell me now.")
        #expect(calmed("HoW dO i OpEn ThE dOoR") == "How do I open the door")
        #expect(calmed("\"WHAT IS IT?\" HE ASKED\nTHEN LEFT") == "\"What is it?\" He asked\nThen left")
    }

    @Test(arguments: [
        "How do I open the door?", "NASA and the FBI met in the USA.", "OK", "ALL CAPS", "", "1234 !!! ???",
        "ПРИВЕТ КАК ДЕЛА", "let address = makeURLFromParts(host, path, query, fragment)",
    ]) func usualCaseIsLeft(text: String) { #expect(calmed(text) == nil) }

    @Test func everyByteStaysInItsPlace() throws {
        var random = SeededGenerator(seed: 3)
        for _ in 0..<200 {
            let bytes = Array(random.text(of: "ABCI é한.\n'9", length: 0...60).utf8)
            guard let calmed = SentenceCase.calmed(bytes) else { continue }
            #expect(FoldedText(calmed).bytes == FoldedText(bytes).bytes)
            #expect(calmed.count == bytes.count)
        }
    }
}
