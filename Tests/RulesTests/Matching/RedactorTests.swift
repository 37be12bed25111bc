import Testing

@testable import Rules

@Suite struct RedactorTests {
    @Test func replacesSpansInAnyOrder() {
        #expect(Redactor.apply([(6..<8, "[b]"), (0..<2, "[a]")], to: "xx yy zz") == "[a] yy [b]")
    }

    @Test func widensToWholeScalarsNotGraphemes() {
        #expect(Redactor.apply([(2..<3, "_")], to: "aéb") == "a_b")
        #expect(Redactor.apply([(3..<4, "_")], to: "a😀b") == "a_b")
        // A letter and its combining mark are two scalars: only the touched one goes.
        #expect(Redactor.apply([(0..<1, "_")], to: "e\u{301}").unicodeScalars.elementsEqual("_\u{301}".unicodeScalars))
    }

    @Test func joinsOverlapsUnderTheFirstPlaceholder() {
        #expect(Redactor.apply([(1..<4, "[1]"), (2..<6, "[2]")], to: "abcdefg") == "a[1]g")
        #expect(Redactor.apply([(1..<3, "[1]"), (3..<4, "[2]")], to: "abcdefg") == "a[1][2]efg")
    }

    @Test func ignoresWhatIsEmptyOrOutside() {
        #expect(Redactor.apply([], to: "abc") == "abc")
        #expect(Redactor.apply([(1..<1, "x"), (7..<9, "y")], to: "abc") == "abc")
        #expect(Redactor.apply([(2..<99, "!")], to: "abc") == "ab!")
    }

    @Test func keepsEverythingElse() {
        var random = SeededGenerator(seed: 61)
        for _ in 0..<300 {
            let text = random.text(of: "aé😀\u{301}\u{FFFD}", length: 1...10)
            let lower = Int.random(in: 0...text.utf8.count, using: &random)
            let upper = Int.random(in: lower...text.utf8.count, using: &random)
            let result = Redactor.apply([(lower..<upper, "")], to: text)
            #expect(result.unicodeScalars.count <= text.unicodeScalars.count)
            #expect(result.utf8.count <= text.utf8.count - (upper - lower))
            #expect(!result.unicodeScalars.contains("\u{FFFD}") || text.unicodeScalars.contains("\u{FFFD}"))
        }
    }
}
