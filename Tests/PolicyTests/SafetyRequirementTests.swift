import GuardCore
import Policy
import Testing

@Suite struct SafetyRequirementTests {
    @Test(arguments: HarmCategory.allCases)
    func isOneShortParagraphOfItsOwn(category: HarmCategory) {
        let text = SafetyRequirement.text(for: category)
        #expect((100...500).contains(text.count))
        #expect(!text.contains("\n"))
        #expect(!text.contains("  "))
        #expect(text.hasSuffix("."))
        let others = HarmCategory.allCases.filter { $0 != category }.map(SafetyRequirement.text(for:))
        #expect(!others.contains(text))
    }
}
