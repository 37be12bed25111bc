import Testing

@testable import ChatAPI

struct KnownMembersTests {
    private let known: KnownMembers = ["messages", "stream", "prompt_cache_key", "systemInstruction"]

    @Test(arguments: [
        ("Messages", "messages"), ("me\u{17F}\u{17F}ages", "messages"), ("STREAM", "stream"),
        ("prompt_cache_\u{212A}ey", "prompt_cache_key"), ("systeminstruction", "systemInstruction"),
    ])
    func aNameThatDiffersInLetterCaseOnlyIsAVariant(name: String, of other: String) {
        #expect(known.variant(name) == other)
    }

    @Test(arguments: ["messages", "systemInstruction", "message", "", "stream ", "met\u{17F}adata"])
    func anyOtherNameIsNone(name: String) {
        #expect(known.variant(name) == nil)
    }
}
