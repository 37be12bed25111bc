import Guard
import Policy
import Testing

@Suite struct PlaceholderRestorerTests {
    private static let table = [
        Decision.Restoration(placeholder: "[a-1]", original: "ann"),
        Decision.Restoration(placeholder: "[a-10]", original: "tess \"T\"\n"),
        Decision.Restoration(placeholder: "[\u{E9}-1]", original: "\u{1F600}"),
    ]

    static let texts: [(String, String)] = [
        ("", ""), ("plain", "plain"), ("[a-1]", "ann"), ("[a-1][a-1]", "annann"), ("[[a-1]]", "[ann]"),
        ("[a-10]", "tess \"T\"\n"), ("[a-1", "[a-1"), ("[a-11]", "[a-11]"), ("x[a-[a-1]", "x[a-ann"),
        ("[\u{E9}-1]\u{E9}", "\u{1F600}\u{E9}"), ("[A-1]", "[A-1]"),
    ]

    @Test(arguments: texts)
    func wholeTextsAreRestored(text: String, expected: String) {
        #expect(PlaceholderRestorer.restore(text, Self.table) == expected)
    }

    @Test(arguments: texts)
    func theCutsMakeNoDifference(text: String, expected: String) {
        let scalars = Array(text.unicodeScalars)
        var single = PlaceholderRestorer(Self.table)
        var pieces = scalars.map { single.append(String($0)) }.joined()
        pieces += single.finish()
        #expect(pieces == expected)
        for cut in 0...scalars.count {
            var restorer = PlaceholderRestorer(Self.table)
            func part(_ scalars: ArraySlice<Unicode.Scalar>) -> String { scalars.map { String($0) }.joined() }
            let first = restorer.append(part(scalars[..<cut]))
            let second = restorer.append(part(scalars[cut...]))
            #expect(first + second + restorer.finish() == expected)
        }
    }

    @Test func theLongestOfTwoThatBeginAlikeCounts() {
        let table = [
            Decision.Restoration(placeholder: "<1", original: "one"), .init(placeholder: "<12", original: "twelve"),
        ]
        #expect(PlaceholderRestorer.restore("<12 and <1 and <", table) == "twelve and one and <")
    }

    @Test func onlyAnEndThatMayGoOnIsKept() {
        var restorer = PlaceholderRestorer(Self.table)
        #expect(restorer.append("see [a") == "see ")
        #expect(restorer.append("ll] of it") == "[all] of it")
        #expect(restorer.finish() == "")
    }

    @Test func inJSONTheWordsAreEscaped() {
        #expect(
            PlaceholderRestorer.restore(#"{"to":"[a-10]"}"#, Self.table, isJSON: true) == #"{"to":"tess \"T\"\u000a"}"#
        )
    }
}
