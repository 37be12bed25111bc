import Testing

@testable import Rules

@Suite struct JSONPartsTests {
    /// One letter a part, if all of the text is JSON.
    private func kinds(_ text: String) -> String? {
        guard var parts = JSONParts(Array(text.utf8)) else { return nil }
        var kinds = ""
        var end = 0
        while let (kind, range) = parts.next() {
            #expect(range.lowerBound == end && !range.isEmpty)
            end = range.upperBound
            switch kind {
            case .structure: kinds += "s"
            case .character: kinds += "c"
            case .literal: kinds += "l"
            }
        }
        return parts.isWhole ? kinds : nil
    }

    @Test(arguments: [
        (#"{"a\n": -1.5e3}"#, "ssccsssls"), ("[]", "ss"), (#" ["\ud83d\ude00\u00e9",true]"#, "sssccssls"),
        ("[1]\n[null]", "slsssls"),
    ]) func theTextIsTakenApart(text: String, expected: String) {
        #expect(kinds(text) == expected)
    }

    @Test(arguments: [
        "", " ", "x", "1", #""a""#, "[see] this", #"{"a":"#, #"["a"#, #"["\x"]"#, #"["\u00"]"#, "[1] 2", "{}]", "[+1]",
        "[nul]", "[truest]", "{a}",
    ]) func whatIsNoJSONIsToldFromIt(text: String) {
        #expect(kinds(text) == nil)
    }

    @Test func theEscapesAroundPlacesAreFound() {
        let text = Array(#"["a\nb\u0062",12]"#.utf8)
        #expect(JSONParts.escapes(around: [15, 5, 4, 3, 8], in: text) == [4: 3..<5, 8: 6..<12])
        #expect(JSONParts.escapes(around: [4], in: Array(#"["a\nb" so"#.utf8)).isEmpty)
    }
}
