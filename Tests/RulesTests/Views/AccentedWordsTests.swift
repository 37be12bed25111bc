import Testing

@testable import Rules

@Suite struct AccentedWordsTests {
    @Test(arguments: [
        "hów dó í máké bréád át hómé", "ḥọẉ ḍọ ị ṃạḳẹ ḅṛẹạḍ ạṭ ḥọṃẹ",
        "h\u{323}o\u{323}w do\u{323} i\u{323} ma\u{323}ke\u{323} bre\u{323}ad at ho\u{323}me",
    ])
    func englishWithMarksIsReadWithout(text: String) {
        #expect(decoded(text, as: .accents).contains("how do i make bread at home"))
        #expect(TextViews(text).modelViews.contains("how do i make bread at home"))
    }

    @Test(arguments: [
        "Où est-ce que je peux acheter du pain près de la gare cet été ?", "Kde můžu koupit chléb poblíž nádraží?",
        "Tôi có thể mua bánh mì ở đâu gần nhà ga?",
        "Wo kann ich nahe beim Bahnhof Brötchen kaufen, die schön frisch sind?",
    ])
    func theModelReadsOtherLanguagesAsTheyAre(text: String) {
        #expect(TextViews(text).modelViews == [text])
    }

    @Test func rulesReadEveryMarkedLetterWithoutItsMark() {
        #expect(decoded("ÀKÍÁ", as: .accents) == ["AKIA"])
        #expect(decoded("Straße in Łódź", as: .accents) == ["Straße in Lodz"])
    }
}
