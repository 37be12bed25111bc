import Guard
import Synchronization

/// The policy in force. An exchange takes it once, at its start, and keeps it to its end, so that no exchange is judged by
/// two policies.
final class PolicyStore: Sendable {
    private let state: Mutex<PolicyInForce>

    init(_ policy: PolicyInForce) { state = Mutex(policy) }

    var current: PolicyInForce { state.withLock { $0 } }

    func replace(with policy: PolicyInForce) { state.withLock { $0 = policy } }
}
