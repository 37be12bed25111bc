import GuardCore
import Policy
import PolicyLanguage
import Testing

/// Wrong policies, one table: the text, and every error as `line:column: message`.
@Suite struct PolicyDecoderTests {
    struct Wrong: Sendable, CustomTestStringConvertible {
        var text: String
        var errors: [String]

        init(_ text: String, _ errors: String...) {
            self.text = text
            self.errors = errors
        }

        var testDescription: String { errors.first ?? "no error" }
    }

    private static let everyCategoryIgnored = HarmCategory.allCases.map { "\($0.rawValue): ignore" }.joined(
        separator: ", "
    )

    static let root: [Wrong] = [
        Wrong("[]", "1:1: a policy must be a mapping, not a list"),
        Wrong("text", "1:1: a policy must be a mapping, not 'text'"),
        Wrong(
            "name: test\n",
            "1:1: a policy has no 'version', 'input', 'output'"
        ),
        Wrong(policyText() + "modes: shadow\n", "5:1: unknown key 'modes' in a policy"),
        Wrong("version: 2\nname: test\ninput: ignore\noutput: ignore\n", "1:10: version must be 1, not '2'"),
        Wrong("version: [1]\nname: test\ninput: ignore\noutput: ignore\n", "1:10: version must be 1, not a list"),
        Wrong("version: 1\nname:\ninput: ignore\noutput: ignore\n", "2:6: name must be a text, not nothing"),
        Wrong("version: 1\nname: ' '\ninput: ignore\noutput: ignore\n", "2:7: name is empty"),
        Wrong(
            "version: 1\nname: \"a\\nb\"\ninput: ignore\noutput: ignore\n",
            "2:7: name must be one line of at most 100 characters"
        ),
        Wrong("version: 1\nname: {a: b}\ninput: ignore\noutput: ignore\n", "2:7: name must be a text, not a mapping"),
        Wrong("version: 1\nname: test\nmode: shaddow\ninput: ignore\noutput: ignore\n", "3:7: unknown mode 'shaddow'"),
        Wrong("version: 1\nname: test\nmode: off\ninput: ignore\noutput: ignore\n", "3:7: unknown mode 'off'"),
        Wrong(
            "version: 1\nname: test\nmode: [shadow]\ninput: ignore\noutput: ignore\n",
            "3:7: mode must be a text, not a list"
        ),
        Wrong(
            "version: 1\nname: test\ninput: ignored\noutput: ~\n",
            "3:8: 'input' must be a mapping or 'ignore', not 'ignored'",
            "4:9: 'output' must be a mapping or 'ignore', not nothing"
        ),
    ]

    static let phases: [Wrong] = [
        Wrong(
            policyText(input: "{}"),
            "3:8: 'input' does not say what holds for violent_crimes, nonviolent_crimes, sex_crimes, child_exploitation and 12 more"
        ),
        Wrong(policyText(input: "{others: ignore, category: {}}"), "3:25: unknown key 'category' in 'input'"),
        Wrong(
            policyText(input: "{categories: {hate: ignore}}"),
            "3:21: 'input' does not say what holds for violent_crimes, nonviolent_crimes, sex_crimes, child_exploitation and 11 more"
        ),
        Wrong(
            policyText(input: "{categories: {\(everyCategoryIgnored)}, others: ignore}"),
            "3:383: 'others' has no effect: every category is named"
        ),
        Wrong(
            policyText(input: "{categories: {self-harm: ignore}, others: ignore}"),
            "3:22: unknown category 'self-harm' in 'categories'"
        ),
        Wrong(
            policyText(input: "{categories: {zzz: ignore}, others: ignore}"),
            "3:22: unknown category 'zzz' in 'categories'"
        ),
        Wrong(
            policyText(input: "{categories: [hate], others: ignore}"),
            "3:21: 'categories' must be a mapping, not a list"
        ),
        Wrong(
            policyText(input: "{categories: {hate: 0.8}, others: ignore}"),
            "3:28: 'hate' must be a mapping or 'ignore', not '0.8'"
        ),
        Wrong(
            policyText(input: "{categories: {hate: }, others: ignore}"),
            "3:28: 'hate' must be a mapping or 'ignore', not nothing"
        ),
        Wrong(
            policyText(input: "{categories: {hate: {}}, others: ignore}"),
            "3:28: 'hate' has no 'threshold'",
            "3:28: 'hate' has no 'action'"
        ),
        Wrong(
            policyText(input: "{categories: {hate: {threshold: 0.5}}, others: ignore}"),
            "3:28: 'hate' has no 'action'"
        ),
        Wrong(policyText(input: "{overall: {action: log}, others: ignore}"), "3:18: 'overall' has no 'threshold'"),
        Wrong(
            policyText(input: "{overall: {}, others: ignore}"),
            "3:18: 'overall' has no 'threshold'"
        ),
        Wrong(
            policyText(input: "{overall: {threshold: 0.5, response: template, respons: x}, others: ignore}"),
            "3:35: 'response' has no effect in 'overall' without 'action'",
            "3:55: unknown key 'respons' in 'overall'"
        ),
        Wrong(
            policyText(input: "{overall: 0.5, others: ignore}"),
            "3:18: 'overall' must be a mapping or 'ignore', not '0.5'"
        ),
        Wrong(
            policyText(input: "{others: {threshold: 0.5, action: log, on_fail: open}}"),
            "3:47: unknown key 'on_fail' in 'others'"
        ),
        Wrong(
            policyText(input: "{others: {threshold: 0.5, action: log, on_failure: shut}}"),
            "3:59: unknown on_failure 'shut'"
        ),
        Wrong(
            policyText(output: "{others: ignore, media: burn}"),
            "4:33: unknown media 'burn'"
        ),
        Wrong(policyText(input: "{others: ignore, media: burn}"), "3:32: unknown media 'burn'"),
        Wrong(policyText(input: "{others: ignore, roles: []}"), "3:32: 'roles' is empty"),
        Wrong(policyText(input: "{others: ignore, roles: user}"), "3:32: 'roles' must be a list, not 'user'"),
        Wrong(
            policyText(input: "{others: ignore, roles: [user, usr, user]}"),
            "3:39: unknown role 'usr'",
            "3:44: 'user' is given twice in 'roles'"
        ),
        Wrong(
            policyText(input: "{others: ignore, defaults: {action: log, colour: red}}"),
            "3:49: unknown key 'colour' in 'defaults'"
        ),
        Wrong(
            policyText(output: "{others: {threshold: 0.5, action: rewrite}}"),
            "4:18: 'others' cannot steer an answer that is already written"
        ),
        Wrong(
            policyText(output: "{others: {threshold: 0.5, action: rewrite, rewrite: steer}}"),
            "4:18: 'others' cannot steer an answer that is already written"
        ),
        Wrong(
            policyText(input: "{others: {threshold: 0.5, action: rewrite, rewrite: redact}}"),
            "3:60: a category cannot redact: the model scores a text and finds no place in it"
        ),
        Wrong(
            policyText(output: "{others: {threshold: 0.5, action: rewrite, rewrite: {redact: x}}}"),
            "4:62: a category cannot redact: the model scores a text and finds no place in it"
        ),
    ]

    static let rules: [Wrong] = [
        Wrong(policyText(rules: "{}"), "5:8: 'rules' must be a list, not a mapping"),
        Wrong(policyText(rules: "[]"), "5:8: 'rules' is empty"),
        Wrong(policyText(rules: "[text]"), "5:9: a rule must be a mapping, not 'text'"),
        Wrong(
            policyText(rules: "[{}]"),
            "5:9: a rule has no 'id', 'category', 'match', 'action'"
        ),
        Wrong(
            policyText(rules: "[{id: A b, category: hate, match: {keywords: [a]}, action: log}]"),
            "5:14: an id is at most 64 of a-z, 0-9, '-', '_' and '.'"
        ),
        Wrong(
            policyText(rules: "[{id: a, category: hat, match: {keywords: [a]}, action: deny}]"),
            "5:27: unknown category 'hat'",
            "5:64: unknown action 'deny'"
        ),
        Wrong(
            policyText(rules: "[{id: a, category: hate, match: {}, action: log}]"),
            "5:40: 'match' looks for nothing"
        ),
        Wrong(
            policyText(rules: "[{id: a, category: hate, match: {keywords: []}, action: log}]"),
            "5:51: 'keywords' is empty"
        ),
        Wrong(
            policyText(rules: "[{id: a, category: hate, match: {keyword: [a]}, action: log}]"),
            "5:41: unknown key 'keyword' in 'match'"
        ),
        Wrong(
            policyText(rules: "[{id: a, category: hate, match: {keywords: [a, '', ' b', a, [c]]}, action: log}]"),
            "5:55: a keyword is empty",
            "5:59: a keyword must not begin or end with a space",
            "5:65: this is looked for already",
            "5:68: a keyword must be a text, not a list"
        ),
        Wrong(
            policyText(rules: "[{id: a, category: hate, match: {regex: ['(?!x)']}, action: log}]"),
            "5:49: wrong regular expression: look-ahead is not supported"
        ),
        Wrong(
            policyText(
                rules: "[{id: a, category: hate, match: {regex: [{pattern: a, ignore_case: yes}]}, action: log}]"
            ),
            "5:75: ignore_case must be true or false, not 'yes'"
        ),
        Wrong(
            policyText(rules: "[{id: a, category: hate, match: {regex: [{ignore_case: true}]}, action: log}]"),
            "5:49: a regular expression has no 'pattern'"
        ),
        Wrong(
            policyText(rules: "[{id: a, category: hate, match: {keywords: [a]}, action: log, phases: [in]}]"),
            "5:79: unknown phase 'in'"
        ),
        Wrong(
            policyText(
                rules:
                    "[{id: a, category: hate, match: {keywords: [a]}, action: rewrite, rewrite: {redact: a, steer: b}}]"
            ),
            "5:83: rewrite must hold exactly one of redact, mask, steer, replace"
        ),
        Wrong(
            policyText(
                rules: "[{id: a, category: hate, match: {keywords: [a]}, action: rewrite, rewrite: {redact: ''}}]"
            ),
            "5:92: redact is empty"
        ),
        Wrong(
            policyText(rules: "[{id: a, category: hate, match: {keywords: [a]}, action: rewrite, rewrite: replace}]"),
            "5:83: replace needs a text"
        ),
        Wrong(
            policyText(rules: "[{id: a, category: hate, match: {keywords: [a]}, action: rewrite, rewrite: steer}]"),
            "5:83: a rule cannot steer an answer that is already written"
        ),
        Wrong(
            policyText(rules: "[{id: a, category: hate, match: {keywords: [a]}, action: block, response: fixd}]"),
            "5:82: unknown response 'fixd'"
        ),
        Wrong(
            policyText(rules: "[{id: a, category: hate, match: {keywords: [a]}, action: block, response: fixed}]"),
            "5:82: fixed needs a text"
        ),
        Wrong(
            policyText(rules: "[{id: a, category: hate, match: {keywords: [a]}, action: block, response: {}}]"),
            "5:82: 'response' has no 'fixed'"
        ),
        Wrong(
            policyText(
                rules: "[{id: a, category: hate, match: {keywords: [a]}, action: log, tests: {match: a, fail: [b]}}]"
            ),
            "5:85: 'match' must be a list, not 'a'",
            "5:88: unknown key 'fail' in 'tests'"
        ),
        Wrong(
            policyText(
                rules: """

                        - {id: a, category: hate, match: {keywords: [a]}, action: log}
                        - {id: a, category: hate, match: {keywords: [b]}, action: log}
                        - {id: c, category: hate, match: {keywords: [b]}, action: log, phases: [input]}
                        - {id: d, category: hate, match: {keywords: [b]}, action: block, phases: [input]}
                        - {id: e, category: weapons, match: {keywords: [b]}, action: log, phases: [input]}
                    """
            ),
            "7:12: the rule id 'a' is taken",
            "8:12: rule 'c' is never needed: rule 'a' does the same"
        ),
        Wrong(
            policyText(
                input: "{roles: [user], others: ignore}",
                rules: "[{id: a, category: hate, match: {keywords: [a]}, action: log, phases: [input], roles: [tool]}]"
            ),
            "5:14: rule 'a' is never reached: input inspects none of its roles"
        ),
    ]

    @Test(arguments: MediaHandling.allCases)
    func mediaIsHandledAsThePhaseSays(handling: MediaHandling) throws {
        let phase = "{others: ignore, media: \(handling.rawValue)}"
        let input = try loader.load(text: policyText(input: phase), file: "test.yaml")
        #expect(input.input.media == handling && input.output.media == .pass)
        let output = try loader.load(text: policyText(output: phase), file: "test.yaml")
        #expect(output.output.media == handling && output.input.media == .pass)
        // What takes something out of an answer holds it.
        #expect(output.acts(in: .output) == (handling != .pass))
    }

    @Test(arguments: root + phases + rules)
    func tellsWhatIsWrongAndWhere(wrong: Wrong) {
        #expect(errors(in: wrong.text) == wrong.errors)
    }

    @Test func oneRunShowsEveryErrorInTheOrderOfTheFile() {
        let text = """
            version: 1
            name: test
            mode: shdow
            input:
              roles: [usr]
              overall: {threshold: 2, action: block}
              categories:
                self-harm: ignore
                hate: &h {threshold: 0.5}
              others: *h
            output: ignore
            rules:
              - id: a
                category: hate
                match: {regex: ['(?!a)']}
                action: blok
            """
        #expect(
            errors(in: text) == [
                "3:7: unknown mode 'shdow'",
                "5:11: unknown role 'usr'",
                "6:24: threshold must be a number between 0 and 1, not '2'",
                "8:5: unknown category 'self-harm' in 'categories'",
                "9:11: 'hate' has no 'action'",
                "10:11: 'others' has no 'action'",
                "15:21: wrong regular expression: look-ahead is not supported",
                "16:13: unknown action 'blok'",
            ]
        )
    }

    @Test func readsEveryKeyOfTheLanguage() throws {
        let policy = try loader.load(
            text: """
                version: 1
                name: everything
                mode: shadow
                input:
                  roles: [user, tool]
                  overall: {threshold: 0.9, action: block, response: template}
                  defaults: {threshold: 0.5, action: block, response: {fixed: "No."}}
                  categories:
                    hate: {threshold: 0.75}
                    weapons: {action: log, on_failure: closed}
                    privacy: {action: rewrite, rewrite: {replace: "[gone]"}}
                    specialized_advice: {action: rewrite, rewrite: steer}
                    defamation: {action: rewrite, rewrite: {steer: "Be fair."}}
                    misinformation: ignore
                  others: {threshold: 1, response: generated, on_failure: open}
                output: {overall: {threshold: 0.25}, defaults: {action: block}, others: ignore}
                rules:
                  - id: pii.email
                    summary: E-mail.
                    category: privacy
                    phases: [input]
                    roles: [user]
                    match:
                      keywords: [no, "12"]
                      regex: ['a@b', {pattern: 'c@d', ignore_case: true, checksum: iban}]
                    action: rewrite
                    response: template
                    rewrite: {redact: "[e-mail]"}
                    tests: {match: [a], pass: [b, c]}
                """,
            file: "test.yaml"
        )
        let others = CategoryPolicy(threshold: 1, action: .block, failureMode: .open)
        var categories = Dictionary(uniqueKeysWithValues: HarmCategory.allCases.map { ($0, others) })
        let no = ResponseStyle.fixed("No.")
        categories[.hate] = CategoryPolicy(threshold: 0.75, action: .block, response: no)
        categories[.weapons] = CategoryPolicy(threshold: 0.5, action: .log, response: no, failureMode: .closed)
        categories[.privacy] = CategoryPolicy(
            threshold: 0.5,
            action: .rewrite,
            response: no,
            rewrite: .replace(text: "[gone]")
        )
        categories[.specializedAdvice] = CategoryPolicy(threshold: 0.5, action: .rewrite, response: no)
        categories[.defamation] = CategoryPolicy(
            threshold: 0.5,
            action: .rewrite,
            response: no,
            rewrite: .steer(message: "Be fair.")
        )
        categories[.misinformation] = nil
        let expected = Policy(
            name: "everything",
            digest: policy.digest,
            mode: .shadow,
            input: PhasePolicy(
                categories: categories,
                overall: .own(CategoryPolicy(threshold: 0.9, action: .block, response: .template)),
                roles: [.user, .tool]
            ),
            output: PhasePolicy(overall: .likeliestCategory(threshold: 0.25)),
            rules: [
                Rule(
                    id: "pii.email",
                    summary: "E-mail.",
                    category: .privacy,
                    phases: [.input],
                    roles: [.user],
                    matchers: [
                        .keyword("no"), .keyword("12"), .regex(pattern: "a@b", ignoreCase: false),
                        .regex(pattern: "c@d", ignoreCase: true, checksum: .iban),
                    ],
                    action: .rewrite,
                    response: .template,
                    rewrite: .redact(placeholder: "[e-mail]"),
                    tests: [
                        RuleTest(text: "a", matches: true), RuleTest(text: "b", matches: false),
                        RuleTest(text: "c", matches: false),
                    ]
                )
            ]
        )
        #expect(policy == expected)
        #expect(policy.digest.hasSuffix(" bytes"))
    }

    /// A threshold as written, and the hint that is given for it.
    static let wrongScores: [(String, String?)] = [
        (".nan", nil), ("nan", nil), (".inf", nil), ("-.inf", nil), ("inf", nil), ("-0.1", nil), ("1e400", nil),
        ("0x1", nil), ("1_0", nil), ("abc", nil), ("''", nil), ("[0.5]", nil), ("{a: 1}", nil), ("", nil), ("~", nil),
        ("1.01", nil), ("101", nil), ("85", "a score is a probability: 0.85"),
        ("85%", "a score is a probability: 0.85"), ("0,5", "write 0.5"), ("'0.5'", "remove the quotes"),
    ]

    @Test(arguments: wrongScores)
    func aThresholdOutsideZeroToOneIsRefused(value: String, hint: String?) throws {
        let text = """
            version: 1
            name: test
            output: ignore
            input:
              others:
                action: log
                threshold: \(value)
            """
        let found = diagnostics(of: text)
        #expect(found.count == 1)
        let first = try #require(found.first)
        #expect(first.message.hasPrefix("threshold must be a number between 0 and 1, not "))
        #expect(first.mark?.line == 7)
        #expect(first.hint == hint)
    }

    @Test(arguments: [("0", 0.0), ("1", 1), ("0.5", 0.5), (".5", 0.5), ("1.0", 1), ("5e-1", 0.5), ("+0.25", 0.25)])
    func aThresholdFromZeroToOneIsRead(value: String, expected: Double) throws {
        let text = policyText(input: "{others: {threshold: \(value), action: log}}")
        let policy = try loader.load(text: text, file: "test.yaml")
        #expect(policy.input.categories[.hate]?.threshold == expected)
    }

    @Test func anIgnoredPhaseJudgesNothingAndStillHasRules() throws {
        let rules = "[{id: a, category: hate, match: {keywords: [a]}, action: log}]"
        let policy = try loader.load(text: policyText(rules: rules), file: "test.yaml")
        #expect(policy.input == PhasePolicy())
        #expect(policy.rules.count == 1)
    }

    @Test func aBlockListOfTensOfThousandsOfWordsIsReadInOneGo() throws {
        let words = (0..<40_000).map { "w\($0)" }.joined(separator: ", ")
        let text = policyText(rules: "[{id: a, category: hate, match: {keywords: [\(words)]}, action: log}]")
        #expect(try loader.load(text: text, file: "test.yaml").rules.first?.matchers.count == 40_000)
    }
}
