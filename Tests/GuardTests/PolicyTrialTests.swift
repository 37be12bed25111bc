import GuardCore
import Policy
import Rules
import Testing

@testable import Guard

/// Scores every text alike, or fails.
private struct FixedClassifier: SafetyClassifier, SafeguardWriter {
    var hate = 0.0
    var error: ClassifierError?

    func classify(_ texts: [ClassifierInput], deadline: ContinuousClock.Instant?) async throws -> [Assessment] {
        if let error { throw error }
        var categories = CategoryScores()
        categories[.hate] = hate
        return texts.map { _ in Assessment(harm: hate, categories: categories, tokens: 1) }
    }

    func respond(to request: SafeguardRequest, deadline: ContinuousClock.Instant?) async -> SafeguardResponse {
        SafeguardResponse(text: "no", origin: .template)
    }
}

@Suite struct PolicyTrialTests {
    private static let rule = Rule(
        id: "codename",
        category: .privacy,
        matchers: [.keyword("bluebird")],
        action: .rewrite,
        rewrite: .redact(placeholder: "[project]")
    )

    private func trial(_ classifier: FixedClassifier = FixedClassifier(), mode: Policy.Mode = .enforce) throws
        -> PolicyTrial
    {
        let hate = CategoryPolicy(threshold: 0.5, action: .block)
        let policy = Policy(
            name: "test",
            mode: mode,
            input: PhasePolicy(categories: [.hate: hate], roles: [.user]),
            rules: [Self.rule]
        )
        return PolicyTrial(
            GuardPipeline(policy: policy, rules: try RuleSet(policy.rules), classifier: classifier, writer: classifier)
        )
    }

    @Test func `a case that comes out as written passes`() async throws {
        let item = PolicyCase(
            text: "where is bluebird?",
            expectation: .init(
                action: .rewrite,
                categories: [.privacy],
                rules: ["codename"],
                text: "where is [project]?"
            )
        )
        let outcome = try await trial().outcome(of: item)
        #expect(outcome.failures == [])
        #expect(outcome.findings.map(\.reason) == ["rule codename: rewrite"])
    }

    @Test func `everything that does not hold is told`() async throws {
        let item = PolicyCase(
            text: "where is bluebird?",
            expectation: .init(action: nil, categories: [.hate], rules: ["other"], text: "as it was")
        )
        #expect(
            try await trial().outcome(of: item).failures == [
                "expected allow, got rewrite", "no finding in hate", "rule 'other' did not match",
                "the text that is forwarded is not the one expected",
            ]
        )
    }

    @Test func `shadow mode is tried as if it acted`() async throws {
        let item = PolicyCase(text: "bluebird", expectation: .init(action: .rewrite, text: "[project]"))
        #expect(try await trial(mode: .shadow).outcome(of: item).isPassed)
    }

    @Test func `a role that is not inspected is allowed as it is`() async throws {
        let item = PolicyCase(role: .tool, text: "bluebird", expectation: .init(action: nil, text: "bluebird"))
        #expect(try await trial(FixedClassifier(hate: 0.9)).outcome(of: item).isPassed)
    }

    @Test func `the model's score is a reason`() async throws {
        let outcome = try await trial(FixedClassifier(hate: 0.75)).outcome(
            of: PolicyCase(text: "hello", expectation: .init(action: .block))
        )
        #expect(outcome.isPassed)
        #expect(outcome.findings.map(\.reason) == ["hate 0.75 from 0.5 on: block"])
    }

    @Test func `a text that the model could not score is no verdict`() async throws {
        let trial = try trial(FixedClassifier(error: .overloaded))
        await #expect(throws: ClassifierError.overloaded) {
            try await trial.outcome(of: PolicyCase(text: "hello", expectation: .init(action: .block)))
        }
    }

    @Test func `a corpus is read in its own phase and role`() async throws {
        let trial = try trial(FixedClassifier(hate: 0.9))
        let input = BenignCorpus(file: "benign.txt", limit: 0)
        let output = BenignCorpus(file: "benign.txt", phase: .output, limit: 0)
        #expect(try await trial.outcome(of: "hello", in: input).action == .block)
        #expect(try await trial.outcome(of: "hello", in: output).action == nil)
        #expect(output.role == .assistant)
    }

    @Test func `rules alone leave the model out`() async throws {
        let classifier = FixedClassifier(error: .failed("not loaded"))
        let policy = Policy(
            name: "test",
            input: PhasePolicy(
                categories: [.hate: CategoryPolicy(threshold: 0, action: .block)],
                overall: .likeliestCategory(threshold: 0)
            ),
            rules: [Self.rule]
        ).rulesOnly
        let trial = PolicyTrial(
            GuardPipeline(policy: policy, rules: try RuleSet(policy.rules), classifier: classifier, writer: classifier)
        )
        let outcome = try await trial.outcome(of: PolicyCase(text: "bluebird", expectation: .init(action: .rewrite)))
        #expect(outcome.isPassed)
    }
}
