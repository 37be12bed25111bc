import Gateway
import Guard
import GuardCore
import GuardianModel
import Policy
import Rules

/// A policy file as commands try it on texts: with the model, or its rules alone.
struct TriedPolicy {
    /// What is tried.
    let policy: Policy
    /// As the file has it.
    let whole: Policy
    /// Names of the overrides that are put in, the one that counts most first.
    let overrides: [String]
    private let rules: RuleSet

    /// - Parameters:
    ///   - rulesOnly: leave out all that asks the model.
    ///   - scope: a request that it is tried for, with the overrides that fit; nil puts none in.
    /// - Throws: `PolicyError`, `GatewayError`.
    init(path: String, rulesOnly: Bool, scope: RequestScope? = nil) throws {
        let (compiled, rules) = try PolicyCompiler.compile(path: path)
        whole = compiled
        overrides = scope.map { compiled.overrides(for: $0).map { compiled.overrides[$0].name } } ?? []
        let scoped = scope.map { compiled.policy(for: $0) } ?? compiled
        policy = rulesOnly ? scoped.rulesOnly : scoped
        self.rules = rules
    }

    /// - Parameters:
    ///   - engine: nil for a policy that asks no model.
    ///   - cache: scores of this engine, shared by the policies that are tried with it.
    func pipeline(_ engine: GuardianEngine?, cache: AssessmentCache = AssessmentCache()) -> GuardPipeline {
        GuardPipeline(
            policy: policy,
            rules: rules,
            classifier: engine ?? Unasked.model,
            writer: engine ?? Unasked.model,
            cache: cache
        )
    }
}

/// Stands where the model would, in a pipeline whose policy asks no model.
private enum Unasked: SafetyClassifier, SafeguardWriter {
    case model

    func classify(_ texts: [ClassifierInput], deadline: ContinuousClock.Instant?) async throws -> [Assessment] {
        throw ClassifierError.failed("the model is not loaded")
    }

    func respond(to request: SafeguardRequest, deadline: ContinuousClock.Instant?) async -> SafeguardResponse {
        SafeguardResponse(text: "", origin: .template)
    }
}
