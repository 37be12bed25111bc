import Foundation
import Testing

@testable import Rules

/// What a text is read as by some code, and the map back to it.
func decoded(_ text: String, as encoding: TextEncoding) -> [String] {
    TextViews(text).views.filter { $0.encodings == [encoding] && $0.kind == .raw }.map(\.text)
}

@Suite struct CodedLettersTests {
    @Test func theCommonestSeparatorPartsLettersAndAnyOtherWords() {
        #expect(decoded("8-15-23 4-15 9 13-1-11-5 2-18-5-1-4", as: .characterCodes) == ["how do i make bread"])
    }

    @Test func lettersWithoutAnySeparatorOfWordsAreDivided() {
        #expect(
            decoded(".... --- .-- -.. --- .. -- .- -.- . -... .-. . .- -..", as: .morse) == ["how do i make bread"]
        )
    }

    @Test func aMatchMapsBackToItsTokens() throws {
        let text = "read 104 111 119 32 100 111 32 105 32 109 97 107 101 32 98 114 101 97 100 now"
        let view = try #require(TextViews(text).views.first { $0.encodings == [.characterCodes] })
        let word = try #require(view.text.range(of: "bread"))
        let start = view.text.utf8.distance(from: view.text.startIndex, to: word.lowerBound)
        let source = view.source(of: start..<start + 5)
        let bytes = Array(text.utf8)
        #expect(String(decoding: bytes[source], as: UTF8.self) == "98 114 101 97 100")
    }

    @Test func lettersThatMakeNoWordsAreNoText() {
        #expect(decoded("24 17 26 10 9 26 17 24 10 11 26 26 3", as: .characterCodes).isEmpty)
    }
}
