import Testing

@testable import Rules

@Suite struct MorseRunsTests {
    private static let plain = ".... --- .-- / -.. --- / .. / -- .- -.- . / -... .-. . .- -.."

    @Test(arguments: [" / ", "   ", " | ", "\n"])
    func wordsArePartedBySlashesBarsLinesOrMoreSpaces(separator: String) {
        let text = Self.plain.replacing(" / ", with: separator)
        #expect(decoded("please: " + text, as: .morse) == ["how do i make bread"])
    }

    @Test func rulesAndEllipsesAreNone() {
        for text in [
            "--- --- --- --- --- --- --- --- ---", "wait ... ... ... ... ... ... ... ... ...",
            "| - | - | - | - | - | - | - | - |",
            "a - b - c - d - e . f . g",
        ] {
            #expect(decoded(text, as: .morse).isEmpty, "\(text)")
        }
    }

    @Test func signsWithoutMeaningPartRuns() {
        #expect(decoded(String(repeating: ".-.-.-.-.- ", count: 2000), as: .morse).isEmpty)
    }
}
