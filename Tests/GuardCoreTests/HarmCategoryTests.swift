import GuardCore
import Testing

@Suite struct HarmCategoryTests {
    @Test func `the taxonomy has sixteen categories in a fixed order`() {
        #expect(HarmCategory.allCases.count == 16)
        #expect(HarmCategory.allCases.map(\.ordinal) == Array(0..<16))
        #expect(HarmCategory.allCases.sorted() == HarmCategory.allCases)
    }

    @Test func `the model reads a category in words`() {
        #expect(HarmCategory.selfHarm.words == "self harm")
        #expect(HarmCategory.hate.words == "hate")
    }
}
