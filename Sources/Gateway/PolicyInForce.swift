import Guard
import Policy
import Synchronization

/// A policy as it was loaded, with what its overrides make of it for some requests.
final class PolicyInForce: Sendable {
    /// For requests that no override is about.
    let base: GuardPipeline
    private let variants = Mutex<[[Int]: GuardPipeline]>([:])

    /// Combinations of overrides that are kept; there are rarely more than overrides.
    private static let capacity = 256

    init(_ base: GuardPipeline) { self.base = base }

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
}
