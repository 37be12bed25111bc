import Guard
import Synchronization

/// The policy in force. An exchange takes it once, at its start, and keeps it to its end, so that no exchange is judged by
/// two policies.
final class PolicyStore: Sendable {
    private let state: Mutex<PolicyInForce>

    init(_ pipeline: GuardPipeline) { state = Mutex(PolicyInForce(pipeline)) }

    var current: PolicyInForce { state.withLock { $0 } }

    func replace(with pipeline: GuardPipeline) { state.withLock { $0 = PolicyInForce(pipeline) } }
}
