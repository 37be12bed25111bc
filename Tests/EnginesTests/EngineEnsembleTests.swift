import GuardCore
import Testing

@testable import Engines

@Suite struct EngineEnsembleTests {
    /// Gives every text the same scores, or fails.
    private struct Fixed: SafetyClassifier {
        var scores: [HarmCategory: Double] = [:]
        var harm = 0.0
        var failure: ClassifierError?
        var categories: Set<HarmCategory> = Set(HarmCategory.allCases)
        /// Of the LLM's answers, if others.
        var answerCategories: Set<HarmCategory>?

        func categories(of role: Role) -> Set<HarmCategory> {
            role == .assistant ? answerCategories ?? categories : categories
        }

        func classify(_ texts: [ClassifierInput], deadline: ContinuousClock.Instant?) async throws -> [Assessment] {
            if let failure { throw failure }
            var categories = CategoryScores()
            for (category, score) in scores { categories[category] = score }
            return texts.map { _ in Assessment(harm: harm, categories: categories, tokens: 3) }
        }
    }

    private static let text = ClassifierInput(role: .user, text: "x")

    private func judge(
        _ engines: [Fixed],
        _ rule: EngineEnsemble.Rule,
        weights: [Double]? = nil,
        text: ClassifierInput = Self.text
    ) async throws -> Assessment {
        let members = engines.enumerated().map { EngineEnsemble.Member($1, weight: weights?[$0] ?? 1) }
        return try #require(
            try await EngineEnsemble(members, rule: rule).classify([text], deadline: nil).first
        )
    }

    @Test(arguments: [(EngineEnsemble.Rule.any, 0.8), (.all, 0.2), (.weighted, 0.35)])
    func `a rule makes one score of several`(rule: EngineEnsemble.Rule, expected: Double) async throws {
        let engines = [Fixed(scores: [.hate: 0.2], harm: 0.2), Fixed(scores: [.hate: 0.8], harm: 0.8)]
        let assessment = try await judge(engines, rule, weights: [3, 1])
        #expect(abs(assessment.harm - expected) < 1e-9 && abs(assessment.categories[.hate] - expected) < 1e-9)
        #expect(assessment.ceiling == nil && assessment.tokens == 6)
    }

    @Test(arguments: EngineEnsemble.Rule.allCases)
    func `an engine has no say in categories that it does not score`(rule: EngineEnsemble.Rule) async throws {
        let narrow = Fixed(scores: [.hate: 0.4], categories: [.hate])
        let assessment = try await judge([narrow, Fixed(scores: [.hate: 0.4, .weapons: 0.9])], rule)
        #expect(assessment.categories[.weapons] == 0.9)
        #expect(abs(assessment.categories[.hate] - 0.4) < 1e-9)
    }

    @Test(arguments: EngineEnsemble.Rule.allCases)
    func `an engine has no say in what it scores of other roles' texts alone`(rule: EngineEnsemble.Rule) async throws {
        let narrow = Fixed(scores: [.jailbreak: 0.4], categories: [.jailbreak], answerCategories: [])
        let answer = ClassifierInput(role: .assistant, text: "x")
        let assessment = try await judge([narrow, Fixed(scores: [.jailbreak: 0.9])], rule, text: answer)
        #expect(assessment.categories[.jailbreak] == 0.9)
    }

    @Test(arguments: [
        (EngineEnsemble.Rule.any, 0.6, 1.0), (.all, 0, 0.6), (.weighted, 0.45, 0.7),
    ])
    func `a member that fails leaves bounds`(rule: EngineEnsemble.Rule, low: Double, high: Double) async throws {
        let engines = [Fixed(scores: [.hate: 0.6], harm: 0.6), Fixed(failure: .deadlineExceeded)]
        let assessment = try await judge(engines, rule, weights: [3, 1])
        let ceiling = try #require(assessment.ceiling)
        #expect(abs(assessment.harm - low) < 1e-9 && abs(ceiling.harm - high) < 1e-9)
        #expect(abs(assessment.categories[.hate] - low) < 1e-9 && abs(ceiling.categories[.hate] - high) < 1e-9)
        #expect(ceiling.failure == .deadlineExceeded)
    }

    @Test func `what the member that failed has no say in is certain`() async throws {
        let engines = [Fixed(scores: [.weapons: 0.3]), Fixed(failure: .overloaded, categories: [.hate])]
        let assessment = try await judge(engines, .any)
        #expect(assessment.ceiling?.categories[.weapons] == 0.3)
        #expect(assessment.ceiling?.categories[.hate] == 1)
    }

    @Test func `where all fail the ensemble does`() async {
        await #expect(throws: ClassifierError.overloaded) {
            try await judge([Fixed(failure: .overloaded), Fixed(failure: .deadlineExceeded)], .any)
        }
    }

    @Test func `a score that is not a number is none`() async throws {
        let assessment = try await judge([Fixed(harm: .nan), Fixed(harm: 0.5)], .any)
        #expect(assessment.harm == 0.5)
        let bounds = EngineEnsemble.Rule.all.bounds(of: [(.nan, 1), (0.5, 1)])
        #expect(bounds == 0...0.5)
        #expect(EngineEnsemble.Rule.any.bounds(of: [(7, 1), (-3, 1)]) == 1...1)
        #expect(EngineEnsemble.Rule.weighted.bounds(of: []) == 0...0)
    }
}
