import Guard
import Policy
import Synchronization

/// A policy as it was loaded, with what its overrides make of it for some requests, and the candidate beside it.
final class PolicyInForce: Sendable {
    /// For requests that no override is about.
    let base: GuardPipeline
    /// Decides on the same scores and is only recorded; nil if there is none.
    let candidate: CandidateJudge?
    /// Whether a request can make a difference to what it is judged by.
    let dependsOnRequest: Bool
    private let variants = Mutex<[[Int]: GuardPipeline]>([:])

    /// Combinations of overrides that are kept; there are rarely more than overrides.
    private static let capacity = 256

    init(_ base: GuardPipeline, candidate: CandidateJudge? = nil) {
        self.base = base
        self.candidate = candidate
        dependsOnRequest = !base.policy.overrides.isEmpty || !(candidate?.policy.overrides.isEmpty ?? true)
    }

    /// What a request is judged by where it makes no difference.
    var candidateForAll: CandidateJudge? { dependsOnRequest ? nil : candidate }

    /// The pipeline for a request.
    func pipeline(for scope: RequestScope) -> GuardPipeline {
        guard !base.policy.overrides.isEmpty else { return base }
        let positions = base.policy.overrides(for: scope)
        guard !positions.isEmpty else { return base }
        if let known = variants.withLock({ $0[positions] }) { return known }
        let variant = base.under(base.policy.overridden(by: positions))
        variants.withLock { variants in
            if variants.count >= Self.capacity { variants.removeAll() }
            variants[positions] = variant
        }
        return variant
    }

    /// The candidate for a request.
    func candidate(for scope: RequestScope) -> CandidateJudge? {
        guard let candidate, !candidate.policy.overrides.isEmpty else { return candidate }
        return candidate.under(candidate.policy.policy(for: scope))
    }
}
