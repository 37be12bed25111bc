import Guard
import GuardCore
import NIOHTTP1
import Policy
import Synchronization

extension GuardSession {
    /// Tells the caller what a policy that does not act would have done so far, where the configuration says so.
    func markTrials(_ headers: inout HTTPHeaders, output: Inspection?) {
        for name in ["x-guardian-shadow-decision", "x-guardian-candidate-decision"] { headers.remove(name: name) }
        guard environment.configuration.tellsTrials else { return }
        let state = state.withLock { $0 }
        let inspections = [state.input ?? state.trial, output].compactMap { $0 }
        func word(_ actions: [Action?]) -> String {
            actions.isEmpty ? "pending" : actions.compactMap { $0 }.max()?.rawValue ?? "allow"
        }
        if state.pipeline.policy.mode == .shadow {
            headers.add(name: "x-guardian-shadow-decision", value: word(inspections.map(\.decision.action)))
        }
        if let candidate = state.candidate {
            let actions = inspections.map { candidate.decision(about: $0, sampling: sampling).action }
            headers.add(name: "x-guardian-candidate-decision", value: word(actions))
        }
    }
}
