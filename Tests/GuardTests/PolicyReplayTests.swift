import GuardCore
import Policy
import Rules
import Testing

@testable import Guard

@Suite struct PolicyReplayTests {
    private static let policy = Policy(
        name: "test",
        input: PhasePolicy(categories: [.hate: CategoryPolicy(threshold: 0.5, action: .block)]),
        rules: [
            Rule(id: "known", category: .privacy, matchers: [.keyword("bluebird")], action: .rewrite)
        ],
        overrides: [
            PolicyOverride(
                name: "o",
                when: ScopePattern(models: [WordPattern("lenient")]),
                then: PolicyPatch(input: PhasePatch(categories: [.hate: .ignored]))
            )
        ]
    )

    private func entry(
        hate: Double? = 0,
        model: String = "m",
        rules: Set<String> = [],
        isFailure: Bool = false,
        texts: [String]? = nil
    ) -> PolicyReplay.Entry {
        var categories = CategoryScores()
        categories[.hate] = hate ?? 0
        return PolicyReplay.Entry(
            requestID: "r",
            phase: .input,
            scope: RequestScope(model: model),
            action: nil,
            scores: hate.map { Assessment(harm: $0, categories: categories, tokens: 0) },
            rules: rules,
            isFailure: isFailure,
            texts: texts
        )
    }

    private func action(_ entry: PolicyReplay.Entry) throws -> Action?? {
        let replay = PolicyReplay(policy: Self.policy, rules: try RuleSet(Self.policy.rules))
        return replay.decision(about: entry).map(\.action)
    }

    @Test func recordedScoresAreHeldAgainstTheThresholds() throws {
        #expect(try action(entry(hate: 0.49)) == .some(nil))
        #expect(try action(entry(hate: 0.5)) == .some(.block))
        #expect(try action(entry(hate: 0.9, model: "lenient")) == .some(nil))
    }

    @Test func aRuleCountsWhereItMatchedThen() throws {
        #expect(try action(entry(rules: ["known"])) == .some(.rewrite))
        #expect(try action(entry(rules: ["gone"])) == .some(nil))
    }

    @Test func recordedTextsAreReadAgain() throws {
        #expect(try action(entry(texts: ["a bluebird"])) == .some(.rewrite))
        #expect(try action(entry(rules: ["known"], texts: ["nothing"])) == .some(nil))
    }

    @Test func aMatchAcrossTextsCountsWhereItWasFoundThenAndIsStillThere() throws {
        #expect(try action(entry(rules: ["known"], texts: ["a blue", "bird"])) == .some(.rewrite))
        #expect(try action(entry(rules: ["known"], texts: ["a blue", "or a bird"])) == .some(nil))
        // They may be of two turns.
        #expect(try action(entry(texts: ["a blue", "bird"])) == .some(nil))
    }

    @Test func whatIsSampledIsFoundInTheRequestsThatItWasFoundIn() throws {
        let policy = Policy(
            name: "test",
            input: PhasePolicy(categories: [.hate: CategoryPolicy(threshold: 0.5, action: .log, sample: 0.1)])
        )
        let replay = PolicyReplay(policy: policy, rules: try RuleSet([]))
        var found: Set<String> = []
        var expected: Set<String> = []
        for number in 0..<200 {
            var entry = entry(hate: 0.9)
            entry.requestID = "request-\(number)"
            if replay.decision(about: entry)?.action == .log { found.insert(entry.requestID) }
            if Sampling(requestID: entry.requestID).includes(0.1) { expected.insert(entry.requestID) }
        }
        #expect(found == expected)
        #expect((1...60).contains(found.count))
    }

    @Test func whatWasNotRecordedIsNotDecided() throws {
        #expect(try action(entry(hate: nil)) == nil)
        #expect(try action(entry(isFailure: true)) == nil)
    }

    @Test func aRuleForSomeRolesCountsWhereItMatchedThen() throws {
        var policy = Policy(
            name: "test",
            rules: [
                Rule(
                    id: "tool",
                    category: .jailbreak,
                    roles: [.tool],
                    matchers: [.keyword("parrot")],
                    action: .rewrite
                ),
                Rule(id: "user", category: .jailbreak, roles: [.user], matchers: [.keyword("parrot")], action: .log),
            ]
        )
        func decided(_ entry: PolicyReplay.Entry) throws -> Action? {
            let replay = PolicyReplay(policy: policy, rules: try RuleSet(policy.rules))
            return try #require(replay.decision(about: entry)).action
        }
        let recorded: [[String]?] = [nil, ["hello", "a parrot"]]
        for texts in recorded {
            #expect(try decided(entry(rules: ["tool"], texts: texts)) == .rewrite)
            // Somebody else said it.
            #expect(try decided(entry(texts: texts)) == nil)
        }
        // All that is inspected is the user's.
        policy.input.roles = [.user]
        #expect(try decided(entry(texts: ["hello", "a parrot"])) == .log)
    }

    @Test func anExchangeOfSeveralTextsIsDecidedAsOne() throws {
        var policy = Self.policy
        policy.rules[0].action = .log
        policy.rules[0].vetoes = [.hate]
        let replay = PolicyReplay(policy: policy, rules: try RuleSet(policy.rules))
        #expect(replay.decision(about: entry(hate: 0.9, texts: ["a bluebird", "hello"]))?.action == .log)
        #expect(replay.decision(about: entry(hate: 0.9, texts: ["a blackbird", "hello"]))?.action == .block)
    }
}
