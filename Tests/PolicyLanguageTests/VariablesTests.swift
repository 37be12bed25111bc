import GuardCore
import Policy
import PolicyLanguage
import Testing

@Suite struct VariablesTests {
    private static let environment = ["LOW": "0.25", "TEAM": "blue", "EMPTY": "", "BAD": "0.5\nname: other", "A1": "x"]

    private static let loader = PolicyLoader(
        digest: { String(decoding: $0, as: UTF8.self) },
        environment: { environment[$0] },
        checkRegex: { _, _ in nil }
    )

    private func errors(in text: String, by loader: PolicyLoader = Self.loader) -> [String] {
        do throws(PolicyError) {
            _ = try loader.load(text: text, file: "test.yaml")
            return []
        } catch {
            return error.diagnostics.map { "\($0.mark?.line ?? 0):\($0.mark?.column ?? 0): \($0.message)" }
        }
    }

    private func named(_ name: String) throws -> String {
        try Self.loader.load(
            text: "version: 1\nname: \(name)\ninput: ignore\noutput: ignore\n",
            file: "test.yaml"
        ).name
    }

    @Test(arguments: [
        ("${TEAM}", "blue"), ("the ${TEAM} team of ${A1}", "the blue team of x"), ("${NONE:-red}", "red"),
        ("${EMPTY:-red}", "red"), ("${TEAM:-red}", "blue"), ("\"a$${TEAM}\"", "a${TEAM}"), ("5$", "5$"),
        ("$TEAM", "$TEAM"), ("'${TEAM}'", "blue"), ("$$${TEAM}", "$${TEAM}"),
    ])
    func valuesArePutIn(text: String, expected: String) throws {
        #expect(try named(text) == expected)
    }

    @Test(arguments: [
        ("${NONE}", "2:7: the variable 'NONE' is not set"),
        ("a ${NONE} b", "2:9: the variable 'NONE' is not set"),
        ("\"a ${NONE}\"", "2:10: the variable 'NONE' is not set"),
        ("a ${TEAM", "2:9: '${' without '}'"),
        ("${}", "2:7: '${}' is no variable"),
        ("${1A}", "2:7: '${1A}' is no variable"),
        ("${TEAM-red}", "2:7: '${TEAM-red}' is no variable"),
        ("${TEAM:?no}", "2:7: '${TEAM:?no}' is no variable"),
        ("${T\u{E9}}", "2:7: '${T\u{E9}}' is no variable"),
        ("${EMPTY}", "2:7: name must be a text, not nothing"),
        ("${BAD}", "2:7: name must be one line of at most 100 characters"),
    ])
    func tellsWhatIsWrongAndWhere(text: String, expected: String) {
        #expect(errors(in: "version: 1\nname: \(text)\ninput: ignore\noutput: ignore\n") == [expected])
    }

    @Test func aVariableAloneMayBeANumber() throws {
        let text = """
            version: 1
            name: test
            input:
              categories: {weapons: {threshold: "${LOW}", action: "${ACTION:-block}"}}
              others: ignore
            output: ignore
            """
        let policy = try Self.loader.load(text: text, file: "test.yaml")
        #expect(policy.input.categories == [.weapons: CategoryPolicy(threshold: 0.25, action: .block)])
    }

    @Test func whatRulesLookForStaysUnlessItIsMarked() throws {
        let text = """
            version: 1
            name: test
            definitions: {shared: &shared ['${NONE}']}
            input: ignore
            output: ignore
            rules:
              - id: ${TEAM}
                category: privacy
                action: log
                match:
                  keywords: ["${TEAM}", {word: "${TEAM}", expand: true}]
                  regex: ['x${2}', {pattern: 'y${TEAM}', expand: true}, {pattern: 'z${TEAM}', expand: false}]
                tests: {match: ["${NONE}"]}
            """
        let rule = try #require(try Self.loader.load(text: text, file: "test.yaml").rules.first)
        #expect(rule.id == "blue")
        #expect(
            rule.matchers == [
                .keyword("${TEAM}"), .keyword("blue"), .regex(pattern: "x${2}", ignoreCase: false),
                .regex(pattern: "yblue", ignoreCase: false), .regex(pattern: "z${TEAM}", ignoreCase: false),
            ]
        )
        #expect(rule.tests == [RuleTest(text: "${NONE}", matches: true)])
    }

    /// Rules whose summaries are aliases of one text.
    private func summarised(_ count: Int, _ text: String) -> String {
        let rules = (0..<count).map {
            "- {id: r\($0), summary: *s, category: hate, match: {keywords: [k\($0)]}, action: log}\n"
        }
        return "version: 1\nname: test\ndefinitions: {s: &s '\(text)'}\ninput: ignore\noutput: ignore\nrules:\n"
            + rules.joined()
    }

    /// An alias costs nothing, but a text with values in it does.
    @Test func variablesAreNoWayAroundTheLimitOnAliases() {
        let text = summarised(60, "${NONE:-}" + String(repeating: "x", count: 100_000))
        let message = "the texts with variables up to here have more than 4194304 bytes"
        #expect(errors(in: text) == ["48:22: \(message)"])
        #expect(errors(in: summarised(40, "${NONE:-}" + String(repeating: "x", count: 100_000))).isEmpty)
    }

    @Test(arguments: [(21, false), (22, true)])
    func textsAndTheirValuesCountTowardsTheLimit(limit: Int, isRead: Bool) {
        var limits = YAMLLimits()
        limits.expanded = limit
        let limited = PolicyLoader(limits: limits, environment: { Self.environment[$0] }, checkRegex: { _, _ in nil })
        // Seven bytes and a value of four, twice.
        #expect(errors(in: summarised(2, "${TEAM}"), by: limited).isEmpty == isRead)
    }

    @Test func theDigestCoversTheValues() throws {
        func digest(_ name: String) throws -> String {
            try Self.loader.load(
                text: "version: 1\nname: \(name)\ninput: ignore\noutput: ignore\n",
                file: "test.yaml"
            ).digest
        }
        #expect(try digest("${TEAM}").hasSuffix("\nTEAM=blue"))
        #expect(try digest("${NONE:-a}").hasSuffix("\nNONE="))
        #expect(try !digest("plain").contains("="))
    }
}
