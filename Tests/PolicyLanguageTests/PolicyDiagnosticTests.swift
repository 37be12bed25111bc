import PolicyLanguage
import Testing

/// What a terminal shows, to the letter.
@Suite struct PolicyDiagnosticTests {
    private func shown(_ text: String) -> String { diagnostics(of: text).map(\.description).joined(separator: "\n") }

    @Test func placeMessageLineCaretsAndHint() {
        let text = """
            version: 1
            name: test
            input:
              categories:
                self-harm: {threshold: 0.8, action: block}
              others: ignore
            output: ignore
            """
        #expect(
            shown(text) == """
                test.yaml:5:5: error: unknown category 'self-harm' in 'categories'
                  5 |     self-harm: {threshold: 0.8, action: block}
                    |     ^^^^^^^^^
                  hint: did you mean 'self_harm'?
                """
        )
    }

    @Test func oneBlockPerError() {
        #expect(
            shown(policyText(input: "{others: {threshold: 80, action: deny}}")) == """
                test.yaml:3:29: error: threshold must be a number between 0 and 1, not '80'
                  3 | input: {others: {threshold: 80, action: deny}}
                    |                             ^^
                  hint: a score is a probability: 0.8
                test.yaml:3:41: error: unknown action 'deny'
                  3 | input: {others: {threshold: 80, action: deny}}
                    |                                         ^^^^
                  hint: known: log, rewrite, block
                """
        )
    }

    @Test func aCategoryLeftOutIsNamedWithTheWayOut() {
        let categories = """
            version: 1
            name: test
            output: ignore
            input:
              defaults: {threshold: 0.5, action: log}
              categories: {violent_crimes: {}, nonviolent_crimes: {}, sex_crimes: {}, child_exploitation: {},
                defamation: {}, specialized_advice: {}, privacy: {}, intellectual_property: {}, weapons: {}, hate: {},
                self_harm: {}, sexual_content: {}, misinformation: {}, cybercrime: {}}
            """
        #expect(
            shown(categories) == """
                test.yaml:6:15: error: 'input' does not say what holds for harassment, jailbreak
                  6 |   categories: {violent_crimes: {}, nonviolent_crimes: {}, sex_crimes: {}, child_exploitation: {},
                    |               ^
                  hint: name them, or put 'others: ignore' or 'others: {threshold: ..., action: ...}' beside 'categories'
                """
        )
    }

    @Test func aLongLineIsCutToAWindowAroundThePlace() throws {
        let padding = String(repeating: "x", count: 5000)
        let text = "version: 1\nname: \(padding)\ninput: {others: ignore, \(padding.prefix(1000)): 1}\noutput: ignore\n"
        for diagnostic in diagnostics(of: text) {
            let excerpt = try #require(diagnostic.excerpt)
            #expect(excerpt.text.count <= 100)
            #expect(excerpt.carets.count <= excerpt.text.count)
            #expect(diagnostic.description.count < 500)
        }
        #expect(errors(in: text).count == 2)
    }

    @Test func charactersThatMoveOrHideTextAreShownAsSpaces() {
        let text = "version: 1\nname: test\ninput: ignore\noutput: \u{202E}\u{200B}ignore\t\n"
        #expect(
            shown(text).split(separator: "\n").dropFirst().prefix(2) == [
                "  4 | output:   ignore ", "    |         ^^^^^^^^",
            ]
        )
    }

    @Test func columnsCountScalars() {
        let text =
            "version: 1\nname: test\ninput: ignore\noutput: {others: ignore, \"\u{1F469}\u{200D}\u{1F52C}é\": 1}\n"
        #expect(errors(in: text) == ["4:26: unknown key '\u{1F469}\u{200D}\u{1F52C}é' in 'output'"])
    }
}
