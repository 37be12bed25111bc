import Testing

@testable import Rules

@Suite struct WordJointTests {
    private func joint(_ gap: String) -> WordJoint? { WordJoint(ArraySlice(gap.utf8)) }

    @Test func knowsWhatWordsAreCutUpWith() {
        #expect(joint("-") == .sign(0x2D))
        #expect(joint("\n") == .sign(0x0A))
        #expect(joint("**") == .markup(0x2A))
        #expect(joint("<b></b>") == .tags)
        #expect(joint("-\n") == .hyphenation)
        for gap in ["", " ", "- ", "--", "'", "*****", "!", "\n\n", "<b> "] { #expect(joint(gap) == nil, "\(gap)") }
    }

    @Test func aSignOfTheWordBesideItIsLeftOut() {
        for (gap, place) in [("'-", 1..<2), ("-'", 0..<1), ("-", 0..<1), ("'<b>", 1..<4), ("**-", 0..<2)] {
            #expect(WordJoint.besideSign(ArraySlice(gap.utf8))?.place == place, "\(gap)")
        }
        for gap in ["'", "''", "'-'", "' -", "", ".\n"] { #expect(WordJoint.besideSign(ArraySlice(gap.utf8)) == nil) }
    }

    @Test func onlyBareTagsOfLooksArePlain() {
        for tags in ["<b>", "</b>", "<b></B>", "<wbr>", "<span></span>"] {
            #expect(PlainTags.isRow(ArraySlice(tags.utf8)), "\(tags)")
        }
        for tags in ["<b class=x>", "<kill>", "<!--x-->", "<b>x", "<script>", "x<b>", "<a>"] {
            #expect(!PlainTags.isRow(ArraySlice(tags.utf8)), "\(tags)")
        }
    }
}
