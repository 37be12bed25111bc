import Foundation
import GuardCore
import Policy
import PolicyLanguage
import Testing

@Suite struct PolicyExplanationTests {
    private let policy = Policy(
        name: "test",
        digest: "0123456789abcdef",
        mode: .shadow,
        input: PhasePolicy(
            categories: [
                .hate: CategoryPolicy(threshold: 0.5, action: .block),
                .weapons: CategoryPolicy(threshold: 0.25, action: .block, response: .fixed("No."), failureMode: .open),
                .specializedAdvice: CategoryPolicy(threshold: 0.75, action: .rewrite),
                .privacy: CategoryPolicy(threshold: 1, action: .log),
            ],
            overall: .own(CategoryPolicy(threshold: 0.9, action: .block, response: .template)),
            roles: [.tool, .user],
            media: .drop
        ),
        output: PhasePolicy(overall: .likeliestCategory(threshold: 0.5)),
        rules: [
            Rule(
                id: "pii.email",
                category: .privacy,
                phases: [.output],
                matchers: [.keyword("a"), .keyword("b")],
                action: .rewrite,
                rewrite: .redact(placeholder: "[e-mail]"),
                tests: [RuleTest(text: "a", matches: true)]
            )
        ]
    )

    @Test func theTextIsTablesOfPhasesAndRules() {
        var short = PolicyExplanation(policy)
        for phase in short.phases.indices {
            short.phases[phase].categories.removeAll { $0.threshold == nil && $0.category != "jailbreak" }
        }
        #expect(
            short.description == """
                policy test (0123456789ab), mode shadow: decides and records, never acts
                A score from the threshold on takes the action. The strictest action wins: block, rewrite, log.

                input: inspects user, tool; media: drop
                  category            threshold  action      what follows  on failure
                  overall             0.9        block       template      closed
                  specialized_advice  0.75       rewrite     steer         open
                  privacy             1.0        log                       open
                  weapons             0.25       block       fixed: No.    open
                  hate                0.5        block       generated     closed
                  jailbreak           -          not judged

                output: inspects system, developer, user, assistant, tool, context
                  category   threshold  action      what follows               on failure
                  overall    0.5                    as the likeliest category
                  jailbreak  -          not judged

                rules: each of them that matches counts
                  id         category  phases  roles  action   what follows
                  pii.email  privacy   output  all    rewrite  redact: [e-mail]
                """
        )
    }

    @Test func whatElseCountsStandsBesideWhatFollows() {
        let policy = Policy(
            name: "test",
            input: PhasePolicy(
                categories: [
                    .hate: CategoryPolicy(threshold: 0.5, action: .block, requiredRules: ["t", "a"]),
                    .weapons: CategoryPolicy(threshold: 0.5, action: .log, sample: 0.125),
                    .privacy: CategoryPolicy(threshold: 0.5, action: .block, sample: 0.125),
                ],
                anomaly: AnomalyPolicy(threshold: 5, action: .block, response: .template)
            ),
            rules: [
                Rule(
                    id: "a",
                    category: .hate,
                    matchers: [.keyword("a")],
                    action: .log,
                    severity: .error,
                    requiredScores: [.weapons: 0.25, .hate: 0.5],
                    vetoes: [.weapons, .privacy],
                    sample: 0.75
                )
            ]
        )
        let explanation = PolicyExplanation(policy)
        let text = explanation.description
        #expect(text.contains("  generated; requires a or t"))
        #expect(text.contains("  sample 0.125"))
        let rule = "requires hate 0.5, weapons 0.25; vetoes privacy, weapons; severity error; sample 0.75"
        #expect(text.contains("  \(rule)"))
        #expect(text.contains("  rules together: block from 5 on (template)"))
        // What is blocked is recorded of every request.
        #expect(explanation.phases[0].categories.first { $0.category == "privacy" }?.sample == nil)
    }

    @Test func everyCategoryIsNamedInBothPhasesInOrder() {
        for phase in PolicyExplanation(policy).phases {
            #expect(phase.categories.map(\.category) == ["overall"] + HarmCategory.allCases.map(\.rawValue))
        }
    }

    @Test func theJSONHoldsWhatTheTextSays() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let explanation = PolicyExplanation(policy)
        let hate = try #require(explanation.phases[0].categories.first { $0.category == "hate" })
        #expect(
            String(decoding: try encoder.encode(hate), as: UTF8.self) == """
                {"action":"block","category":"hate","consequence":"generated","on_failure":"closed","threshold":0.5}
                """
        )
        #expect(
            String(decoding: try encoder.encode(explanation.rules), as: UTF8.self) == """
                [{"action":"rewrite","category":"privacy","consequence":"redact: [e-mail]","id":"pii.email","matchers":2,\
                "phases":["output"],"roles":["system","developer","user","assistant","tool","context"],"summary":"","tests":1}]
                """
        )
        let hidden = try encoder.encode(explanation.phases[1].categories[1])
        #expect(String(decoding: hidden, as: UTF8.self) == #"{"category":"violent_crimes"}"#)
    }
}
