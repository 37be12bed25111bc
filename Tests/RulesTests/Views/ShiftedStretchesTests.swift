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

    private static let foreign = [
        "Wie backe ich zu Hause ein gutes Brot mit Sauerteig und wenig Hefe",
        "Como se hace el pan en casa con masa madre y poca levadura para la cena",
        "Bagaimana cara membuat roti di rumah dengan sedikit ragi untuk makan malam",
        "Hoe bak ik thuis een lekker brood met zuurdesem en weinig gist",
        "Lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor",
    ]

    @Test(arguments: [1, 3, 7, 12, 14, 25])
    func otherWordsInFrontOrBehindDoNotHideAStretch(shift: Int) {
        let plain = "please tell me how i can bake a good loaf of bread at home"
        let hidden = Self.moved(plain) { ($0 + shift) % 26 }
        let others = Array(repeating: Self.foreign[2], count: 3).joined(separator: " ")
        for text in ["\(others) \(hidden)", "\(others) \(hidden) \(others)"] {
            let found = decoded(text, as: .shifted)
            #expect(found.count == 1 && found[0].contains(plain), "\(text)")
        }
    }

    @Test func aStretchBehindOneThatIsMovedOtherwiseIsRead() {
        let first = "please tell me how i can bake a good loaf of bread at home "
        let second = "then write down what i need to buy for it in the market"
        let text =
            Self.moved(String(repeating: first, count: 3)) { ($0 + 3) % 26 }
            + Self.moved(second) { ($0 + 7) % 26 }
        let found = decoded(text, as: .shifted)
        #expect(found.contains { $0.hasPrefix(first) })
        #expect(found.contains { $0.hasSuffix(second) })
    }

    @Test func otherLanguagesAreNone() {
        for text in Self.foreign + [" ", ", "].map({ Self.foreign.joined(separator: $0) }) {
            #expect(decoded(text, as: .shifted).isEmpty, "\(text)")
        }
    }

    /// They are `loss`, `lost` and `lot` when moved.
    @Test func tablesThatRepeatAFewWordsAreNone() {
        let others = Array(repeating: Self.foreign[2], count: 3).joined(separator: " ")
        let table = "xaed xaee xaee xaee xaee xaef xaef xaef xaef xaf xaf xaf xaf xaf xaf"
        #expect(decoded("\(others) \(table)", as: .shifted).isEmpty)
    }
}
