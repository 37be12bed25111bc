import GuardCore
import Policy
import PolicyLanguage
import Testing

/// What the language says about rules and categories together.
@Suite struct CombinationTests {
    private static func text(input: String = "{others: ignore}", rule: String = "", more: String = "") -> String {
        """
        version: 1
        name: test
        input: \(input)
        output: ignore
        rules: [{id: a, tags: [t], category: privacy, match: {keywords: [x]}, action: log\(rule)}]
        \(more)
        """
    }

    @Test func whatAnOverrideRequiresHasToBeThere() {
        let more = "overrides: [{when: {tenant: x}, then: {input: {categories: {hate: {requires: [b]}}}}}]"
        #expect(
            errors(in: Self.text(input: "{others: {threshold: 0.5, action: block}}", more: more)) == [
                "6:79: no rule has the id or tag 'b'"
            ]
        )
    }

    @Test(arguments: [
        ("hate", "{categories: {hate: {threshold: 0.5, action: block, requires: [t]}}, others: ignore}"),
        ("overall", "{overall: {threshold: 0.5, action: block, requires: [t]}, others: ignore}"),
    ])
    func anOverrideMayNotExcludeAllThatIsRequired(name: String, input: String) {
        let more = "overrides: [{when: {tenant: x}, then: {exclude: {rules: [a]}}}]"
        #expect(
            errors(in: Self.text(input: input, more: more)) == [
                "6:39: 'exclude' leaves none of the rules that '\(name)' requires in 'input'"
            ]
        )
    }

    /// The same for a tag that another rule has, too, but not in that phase.
    @Test func whatIsLeftOfWhatIsRequiredHasToBeForThePhase() {
        let input = "{categories: {hate: {threshold: 0.5, action: block, requires: [t]}}, others: ignore}"
        let more = "overrides: [{when: {tenant: x}, then: {exclude: {rules: [a]}}}]"
        let text = Self.text(input: input, rule: Self.phases("input", and: "output"), more: more)
        #expect(errors(in: text) == ["6:39: 'exclude' leaves none of the rules that 'hate' requires in 'input'"])
    }

    /// What follows the first rule's `action`: its phase, and a second rule `b` of the same tag in another.
    private static func phases(_ first: String, and second: String) -> String {
        ", phases: [\(first)]}, "
            + "{id: b, tags: [t], category: privacy, match: {keywords: [y]}, action: log, phases: [\(second)]"
    }

    @Test func oneOfTheRulesThatACategoryRequiresHasToBeForItsPhase() {
        func input(_ names: String) -> String { "{others: {threshold: 0.5, action: log, requires: [\(names)]}}" }
        let both = Self.phases("output", and: "input")
        let message = "3:57: none of the rules that this requires is for 'input'"
        #expect(errors(in: Self.text(input: input("a"), rule: both)) == [message])
        #expect(errors(in: Self.text(input: input("a, b"), rule: both)).isEmpty)
        #expect(errors(in: Self.text(input: input("t"), rule: both)).isEmpty)
        #expect(errors(in: Self.text(input: input("t"), rule: ", phases: [output]")) == [message])
    }

    @Test func whatAnOverrideRequiresHasToBeForItsPhaseAndIsToldOnce() {
        let more = "overrides: [{when: {tenant: x}, then: {input: {others: {requires: [a]}}}}]"
        let input = "{others: {threshold: 0.5, action: log}}"
        #expect(
            errors(in: Self.text(input: input, rule: ", phases: [output]", more: more)) == [
                "6:67: none of the rules that this requires is for 'input'"
            ]
        )
    }

    @Test func readsEveryKey() throws {
        let policy = try loader.load(
            text: Self.text(
                input: """
                    {anomaly: {threshold: 7, action: block, response: template},
                      categories: {hate: {threshold: 0.5, action: log, sample: 0.1, requires: [a, t]}}, others: ignore}
                    """,
                rule:
                    ", severity: error, paranoia: 2, requires: {hate: 0.4, weapons: 0.3}, vetoes: [weapons], sample: 0.5",
                more: "paranoia: 2"
            ),
            file: "test.yaml"
        )
        #expect(policy.input.anomaly == AnomalyPolicy(threshold: 7, action: .block, response: .template))
        #expect(policy.input.categories[.hate]?.sample == 0.1)
        #expect(policy.input.categories[.hate]?.requiredRules == ["a", "t"])
        let rule = try #require(policy.rules.first)
        #expect(rule.severity == .error)
        #expect(rule.paranoia == 2)
        #expect(rule.requiredScores == [.hate: 0.4, .weapons: 0.3])
        #expect(rule.vetoes == [.weapons])
        #expect(rule.sample == 0.5)
    }

    @Test(arguments: [
        ("generated", ResponseStyle.generated), ("template", .template), ("error", .error),
        ("{fixed: No.}", .fixed("No.")),
    ])
    func readsHowABlockIsAnswered(word: String, style: ResponseStyle) throws {
        let input = "{others: {threshold: 0.5, action: block, response: \(word)}}"
        let policy = try loader.load(text: Self.text(input: input), file: "test.yaml")
        #expect(policy.input.categories[.hate]?.response == style)
    }

    @Test(arguments: [("", 0), ("paranoia: 1", 0), ("paranoia: 2", 1), ("paranoia: 4", 1)])
    func aRuleHoldsFromItsParanoiaOn(more: String, count: Int) throws {
        let policy = try loader.load(text: Self.text(rule: ", paranoia: 2", more: more), file: "test.yaml")
        #expect(policy.rules.count == count)
    }

    @Test(arguments: [
        (text(rule: ", severity: bad"), "5:94: unknown severity 'bad'"),
        (text(rule: ", paranoia: 5"), "5:94: paranoia must be a whole number from 1 to 4, not '5'"),
        (text(rule: ", requires: {hat: 0.4}"), "5:95: unknown category 'hat' in 'requires'"),
        (text(rule: ", requires: {hate: 4}"), "5:101: hate must be a number between 0 and 1, not '4'"),
        (text(rule: ", vetoes: []"), "5:92: 'vetoes' is empty"),
        (text(rule: ", sample: 2"), "5:92: sample must be a number between 0 and 1, not '2'"),
        (text(more: "paranoia: x"), "6:11: paranoia must be a whole number from 1 to 4, not 'x'"),
        (text(input: "{anomaly: 5, others: ignore}"), "3:18: 'anomaly' must be a mapping or 'ignore', not '5'"),
        (text(input: "{anomaly: {threshold: 5}, others: ignore}"), "3:18: 'anomaly' has no 'action'"),
        (
            text(input: "{anomaly: {threshold: 0, action: log}, others: ignore}"),
            "3:30: threshold must be a whole number from 1 to 10000, not '0'"
        ),
        (
            text(input: "{anomaly: {threshold: 5, action: rewrite}, others: ignore}"),
            "3:41: 'anomaly' cannot rewrite: it is about all rules together"
        ),
        (
            text(input: "{others: {threshold: 0.5, action: block, sample: 0.1}}"),
            "3:17: 'sample' has no effect on 'others', whose action is 'block'"
        ),
        (
            text(input: "{others: {threshold: 0.5, action: log, requires: [b]}}"),
            "3:58: no rule has the id or tag 'b'"
        ),
    ])
    func tellsWhatIsWrongAndWhere(text: String, expected: String) {
        #expect(errors(in: text) == [expected])
    }

    @Test func aShareOfTheDefaultsIsForWhatIsRecorded() throws {
        let input =
            "{defaults: {threshold: 0.5, action: log, sample: 0.25}, categories: {hate: {action: block}}, others: {}}"
        let policy = try loader.load(text: Self.text(input: input), file: "test.yaml")
        #expect(policy.input.categories[.weapons]?.sample == 0.25)
        #expect(policy.input.categories[.hate]?.action == .block)
        let own = input.replacing("{action: block}", with: "{action: block, sample: 0.1}")
        #expect(
            errors(in: Self.text(input: own)) == [
                "3:83: 'sample' has no effect on 'hate', whose action is 'block'"
            ]
        )
    }

    @Test func theNameOfTheAnomalyIsNoId() {
        let text = Self.text().replacing("id: a,", with: "id: anomaly,")
        let message = "an id must not be 'anomaly': that is what the rules together are recorded as"
        #expect(errors(in: text) == ["5:14: \(message)"])
    }

    @Test func differencesAreTold() throws {
        func policy(_ rule: String, _ input: String) throws -> Policy {
            try loader.load(text: Self.text(input: input, rule: rule), file: "test.yaml")
        }
        let old = try policy(", severity: error", "{others: ignore}")
        let new = try policy(", vetoes: [hate]", "{anomaly: {threshold: 5, action: log}, others: ignore}")
        #expect(
            PolicyDifference(from: old, to: new).changes.map(\.subject)
                == ["input.anomaly", "rules.a.severity", "rules.a.vetoes"]
        )
    }

    @Test(arguments: [
        ("mask", RewriteMethod.mask(label: "[masked]")), ("{mask: '[card]'}", .mask(label: "[card]")),
        ("{mask: <card>}", .mask(label: "<card>")),
    ])
    func aMaskIsRead(rewrite: String, expected: RewriteMethod) throws {
        let text = Self.text().replacing("action: log", with: "action: rewrite, rewrite: \(rewrite)")
        #expect(try loader.load(text: text, file: "test.yaml").rules.first?.rewrite == expected)
    }

    @Test(arguments: ["card", "'[]'", "'[card'"])
    func aMaskIsAWordInBrackets(label: String) {
        let text = Self.text().replacing("action: log", with: "action: rewrite, rewrite: {mask: \(label)}")
        #expect(errors(in: text).count == 1)
        #expect(errors(in: text).first?.contains("a mask is a word in brackets") == true)
    }
}
