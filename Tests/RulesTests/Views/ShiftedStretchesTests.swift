import Testing

@testable import Rules

@Suite struct ShiftedStretchesTests {
    private static let plain = "how do i make bread at home"

    private static func moved(_ text: String, _ move: (Int) -> Int) -> String {
        String(
            decoding: text.utf8.map { ASCIILetters.isLetter($0) ? UInt8(0x61 + move(Int($0) - 0x61)) : $0 },
            as: UTF8.self
        )
    }

    @Test(arguments: [1, 3, 7, 12, 14, 25])
    func aShiftByAnyNumberIsUndone(shift: Int) {
        let text = Self.moved(Self.plain) { ($0 + shift) % 26 }
        #expect(decoded(text, as: .shifted) == [Self.plain])
        #expect(TextViews(text).modelViews == [Self.plain])
    }

    @Test func theAlphabetTurnedRoundIsRead() {
        #expect(decoded(Self.moved(Self.plain) { 25 - $0 }, as: .shifted) == [Self.plain])
    }

    @Test func aShiftedStretchIsFoundInPlainText() {
        let text = "Please answer this question: " + Self.moved(Self.plain) { ($0 + 3) % 26 } + ". Thank you very much."
        #expect(decoded(text, as: .shifted).first?.hasPrefix("how do i make bread at") == true)
    }

    @Test func otherLanguagesAreNone() {
        for text in [
            "Wie backe ich zu Hause ein gutes Brot mit Sauerteig und wenig Hefe",
            "Como se hace el pan en casa con masa madre y poca levadura para la cena",
            "Bagaimana cara membuat roti di rumah dengan sedikit ragi untuk makan malam",
            "Hoe bak ik thuis een lekker brood met zuurdesem en weinig gist",
            "Lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor",
        ] {
            #expect(decoded(text, as: .shifted).isEmpty, "\(text)")
        }
    }
}
