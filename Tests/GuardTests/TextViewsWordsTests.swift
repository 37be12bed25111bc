import Rules
import Testing

@testable import Guard

@Suite struct TextViewsWordsTests {
    @Test func readingsAreNamedOnceInAFixedOrder() {
        #expect(TextViews.words(of: []) == [])
        #expect(TextViews.words(of: [TextViews("plain")]) == ["raw"])
        let hidden = TextViews("Read this: d2hhdCBpcyB0aGUgd2VhdGhlciBsaWtlIHRvZGF5IGluIHRoZSBjaXR5")
        let words = TextViews.words(of: [hidden, TextViews("\u{FF50}lain text"), hidden])
        #expect(words.first == "raw" && words.contains("canonical") && words.contains("base64"))
        #expect(Set(words).count == words.count)
    }
}
