import Testing

@testable import Upstream

@Suite struct FieldNameTests {
    @Test(arguments: ["host", "Host", "HOST", "hOsT"]) func aNameKnowsNoCase(name: String) {
        #expect(name.isField("host"))
    }

    // `@` and `[` stand beside the letters, 0x20 away from a backtick and a brace.
    @Test(arguments: ["", "hos", "hosts", "h0st", "ho\u{17f}t", "HOS\u{34}", "host\0"])
    func whatOnlyLooksLikeItIsNotIt(name: String) {
        #expect(!name.isField("host"))
    }

    @Test func onlyLettersHaveTwoCases() {
        #expect(!"te@".isField("te`"))
        #expect(!"te[".isField("te{"))
        #expect(!"KEEP\u{0d}ALIVE".isField("keep-alive"))
    }
}
