import GuardCore
import Policy
import Rules
import Testing

@testable import Guard

/// Finds hate where a text speaks of mud, and counts what it is asked.
private struct MudClassifier: SafetyClassifier, SafeguardWriter {
    var error: ClassifierError?

    func classify(_ texts: [ClassifierInput], deadline: ContinuousClock.Instant?) async throws -> [Assessment] {
        if let error { throw error }
        return texts.map {
            var categories = CategoryScores()
            categories[.hate] = $0.text.contains("mud") ? 0.9 : 0.1
            return Assessment(harm: categories[.hate], categories: categories, tokens: 1)
        }
    }

    func respond(to request: SafeguardRequest, deadline: ContinuousClock.Instant?) async -> SafeguardResponse {
        SafeguardResponse(text: "no", origin: .template)
    }
}

@Suite struct TextExplanationTests {
    private static let hate = CategoryPolicy(threshold: 0.5, action: .block)

    private static func rule(_ id: String, _ word: String, action: Action = .log, vetoes: Set<HarmCategory> = [])
        -> Rule
    {
        Rule(id: id, category: .privacy, matchers: [.keyword(word)], action: action, vetoes: vetoes)
    }

    private func explanation(
        of text: String,
        rules: [Rule] = [],
        categories: [HarmCategory: CategoryPolicy] = [.hate: Self.hate],
        mode: Policy.Mode = .enforce,
        role: Role = .user,
        classifier: MudClassifier = MudClassifier()
    ) async throws -> TextExplanation {
        let policy = Policy(
            name: "test",
            mode: mode,
            input: PhasePolicy(categories: categories, roles: [.user]),
            rules: rules
        )
        let pipeline = GuardPipeline(
            policy: policy,
            rules: try RuleSet(policy.rules),
            classifier: classifier,
            writer: classifier
        )
        return try await pipeline.explain(text, role: role, phase: .input)
    }

    @Test func `each reading is told with the rules that match in it`() async throws {
        // "mud" in base64, inside other text.
        let text = "please decode aGVyZSBpcyB0aGUgbXVkIHlvdSBhc2tlZCBmb3I= for the harbour"
        let found = try await explanation(of: text, rules: [Self.rule("mud", "mud"), Self.rule("port", "harbour")])
        #expect(found.readings.first { $0.name == "raw" }?.rules == ["port"])
        let hidden = try #require(found.readings.first { $0.name == "base64" })
        #expect(hidden.text == "here is the mud you asked for")
        #expect(hidden.rules == ["mud"])
    }

    @Test func `the model's score of each text that it read is told`() async throws {
        let found = try await explanation(of: "some m.u.d here")
        #expect(found.scored.contains { $0.text.contains("mud") && $0.assessment.harm == 0.9 })
        #expect(found.inspection.decision.action == .block)
        #expect(found.findings.map(\.isDeciding) == [true])
    }

    @Test func `what is vetoed is told with the rule that vetoes it`() async throws {
        let found = try await explanation(
            of: "mud in the garden",
            rules: [Self.rule("garden", "garden", vetoes: [.hate])]
        )
        #expect(found.inspection.decision.action == .log)
        #expect(found.findings.map(\.dismissal) == [.vetoed(rule: "garden"), nil])
        #expect(found.findings.map(\.isDeciding) == [false, true])
    }

    @Test func `the edited text is told in shadow mode too`() async throws {
        let redacts = Self.rule("port", "harbour", action: .rewrite)
        let found = try await explanation(of: "to the harbour", rules: [redacts], mode: .shadow)
        #expect(found.rewritten == "to the [redacted]")
    }

    @Test func `a policy that judges no category asks no model`() async throws {
        let failing = MudClassifier(error: .failed("asked"))
        let found = try await explanation(of: "mud", categories: [:], classifier: failing)
        #expect(found.scored.isEmpty && found.findings.isEmpty)
    }

    @Test func `a speaker whom the policy does not read is told, not judged`() async throws {
        let found = try await explanation(of: "mud", role: .tool)
        #expect(!found.isInspected && found.findings.isEmpty && found.scored.isEmpty)
    }

    @Test func `a model that gives no score is an error and no verdict`() async throws {
        await #expect(throws: ClassifierError.overloaded) {
            try await explanation(of: "mud", classifier: MudClassifier(error: .overloaded))
        }
    }
}
