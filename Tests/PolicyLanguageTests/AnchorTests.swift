import GuardCore
import Policy
import PolicyLanguage
import Testing

@Suite struct AnchorTests {
    private func policy(_ text: String) throws -> Policy { try loader.load(text: text, file: "test.yaml") }

    @Test func anAliasStandsForTheWholeValue() throws {
        let policy = try policy(
            """
            version: 1
            name: test
            input:
              categories:
                weapons: &grave {threshold: 0.5, action: block}
                hate: *grave
              others: ignore
            output: {others: *grave}
            """
        )
        #expect(policy.input.categories[.hate] == CategoryPolicy(threshold: 0.5, action: .block))
        #expect(policy.output.categories.count == HarmCategory.allCases.count)
        #expect(policy.output.categories[.privacy] == policy.input.categories[.weapons])
    }

    @Test func aMergeKeyGivesWhatIsNotSaid() throws {
        let policy = try policy(
            """
            version: 1
            name: test
            definitions:
              low: &low {threshold: 0.3, action: log}
              firm: &firm {threshold: 0.9, action: block, response: template}
            input:
              categories:
                weapons: {<<: *firm, threshold: 0.5}
                hate: {<<: [*low, *firm]}
                privacy: {action: block, <<: {threshold: 0.2}}
              others: ignore
            output: ignore
            """
        )
        let categories = policy.input.categories
        #expect(categories[.weapons] == CategoryPolicy(threshold: 0.5, action: .block, response: .template))
        #expect(categories[.hate] == CategoryPolicy(threshold: 0.3, action: .log, response: .template))
        #expect(categories[.privacy] == CategoryPolicy(threshold: 0.2, action: .block))
    }

    @Test(arguments: [
        ("definitions: {a: *none}", "5:18: no anchor '&none' stands before this alias"),
        ("definitions: {late: *b, x: &b 1}", "5:21: no anchor '&b' stands before this alias"),
        ("definitions: &loop {a: *loop}", "5:24: '*loop' stands inside of the value it stands for"),
        ("definitions: {a: &a 1, b: &a 2}", "5:27: the anchor '&a' is given twice"),
        ("definitions: {<<: 1}", "5:19: '<<' takes a mapping or a list of mappings, not '1'"),
        ("definitions: {a: &a [1], b: {<<: *a}}", "5:35: '<<' takes a mapping or a list of mappings, not '1'"),
        ("definitions: {a: &a {b: 1}, c: {<<: *a, <<: *a}}", "5:41: '<<' is given twice"),
        ("definitions: [1]", "5:14: 'definitions' must be a mapping, not a list"),
    ])
    func tellsWhatIsWrongAndWhere(text: String, expected: String) {
        let found = errors(in: "version: 1\nname: a\ninput: ignore\noutput: ignore\n" + text + "\n")
        // An item of an anchored list stands where it was written.
        let moved = expected.replacing("5:35: '<<'", with: "5:22: '<<'")
        #expect(found == [moved])
    }

    @Test func aWrongValueIsToldWhereTheAliasStands() {
        let text = """
            version: 1
            name: &name test
            input: *name
            output: ignore
            """
        #expect(errors(in: text) == ["3:8: 'input' must be a mapping or 'ignore', not 'test'"])
        #expect(diagnostics(of: text).first?.excerpt?.carets == "       ^^^^^")
    }

    /// Nine levels of nine aliases each would be 387 million values.
    @Test func anAliasBombIsRefusedWhereItBecomesTooBig() {
        var text = "a0: &a0 [x]\n"
        for level in 1...9 {
            let aliases = Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(aliases)]\n"
        }
        #expect(errors(in: text) == ["5:35: the aliases up to here stand for more than 10000 values"])
    }

    @Test func mergeKeysAreNoWayAroundTheLimit() {
        var text = "a0: &a0 {k: [1, 2, 3, 4, 5, 6, 7, 8, 9]}\n"
        for level in 1...12 {
            let aliases = (0..<5).map { "k\(level)\($0): *a\(level - 1)" }.joined(separator: ", ")
            text += "a\(level): &a\(level) {<<: *a\(level - 1), \(aliases)}\n"
        }
        let found = errors(in: text)
        #expect(found.count == 1)
        #expect(found.first?.hasSuffix("the aliases up to here stand for more than 10000 values") == true)
    }

    @Test func aliasesDoNotReachBelowTheDepthLimit() {
        var text = "version: 1\nname: a\ninput: ignore\noutput: ignore\ndefinitions:\n  a0: &a0 [x]\n"
        for level in 1...70 { text += "  a\(level): &a\(level) [*a\(level - 1)]\n" }
        #expect(
            errors(in: text) == [
                "68:14: with what '*a61' stands for, more than 64 levels inside each other"
            ]
        )
    }

    @Test func aThresholdThatOthersShareIsNotTuned() throws {
        let text = """
            version: 1
            name: test
            definitions: {low: &low {threshold: 0.3, action: log}}
            input:
              categories:
                weapons: &grave {threshold: 0.5, action: block}
                hate: *grave
                privacy: {<<: *low}
                harassment: {threshold: &t 0.6, action: log}
                jailbreak: {threshold: *t, action: log}
                cybercrime: {threshold: "${T:-0.4}", action: log}
                defamation: {threshold: 0.7, action: log}
              others: ignore
            output: ignore
            """
        let categories: [HarmCategory] = [
            .weapons, .hate, .privacy, .harassment, .jailbreak, .cybercrime, .defamation,
        ]
        let wanted = Dictionary(uniqueKeysWithValues: categories.map { (ThresholdKey(.input, $0), 0.25) })
        let (bytes, left) = try ThresholdText(bytes: Array(text.utf8), file: "test.yaml").setting(wanted)
        var expected: [ThresholdKey: ThresholdText.Obstacle] = [:]
        for category in categories.dropLast() { expected[ThresholdKey(.input, category)] = .shared }
        expected[ThresholdKey(.input, .cybercrime)] = .variable
        #expect(left == expected)
        #expect(String(decoding: bytes, as: UTF8.self) == text.replacing("0.7", with: "0.25"))
    }
}
