import Audit
import ChatAPI
import Guard
import GuardCore
import Policy
import Proxy
import Synchronization

extension GuardSession {
    var earlierTurns: [ClassifierInput.Turn] { state.withLock { $0.earlier.turns } }

    private var account: String { (try? identity.get().account) ?? "" }

    /// Looks up what a request goes on from.
    ///
    /// - Returns: the request, going on from where the provider can: an answer that was our own is none of the provider's.
    /// - Throws: `ChatAPIError` with status 400 if it is unknown and the operator wants none of those.
    func goingOn(_ request: any DialectRequest) throws(ChatAPIError) -> any DialectRequest {
        guard let stored = request.goesOnFrom else { return request }
        guard let entry = environment.ledger.entry(stored.name, of: account) else {
            guard environment.configuration.refusesUnknownConversations else { return request }
            throw .invalidRequest(
                "This gateway does not know what '\(stored.member)' names, so the request cannot be judged by what was said "
                    + "before. Send the whole conversation as input.",
                code: stored.isOngoing ? "conversation_not_found" : "previous_response_not_found",
                parameter: stored.member
            )
        }
        state.withLock { $0.earlier = entry }
        return stored.isOngoing || entry.storedAs == stored.name ? request : try request.going(onFrom: entry.storedAs)
    }

    /// Keeps what was said up to an answer of the LLM.
    func remember(_ answer: any DialectAnswer) {
        guard dialect?.keepsConversations == true, let name = answer.name,
            let (request, earlier) = state.withLock({ state in state.forwarded.map { ($0, state.earlier) } })
        else { return }
        var turns: [ClassifierInput.Turn] = []
        for segment in request.segments where segment.turn != nil && segment.kind == .words {
            guard [.user, .assistant, .tool].contains(segment.role) else { continue }
            turns.append(ClassifierInput.Turn(role: segment.role, text: segment.text))
        }
        let said = answer.spoken
        if !said.isEmpty { turns.append(ClassifierInput.Turn(role: .assistant, text: said)) }
        let ledger = environment.ledger
        let entry = earlier.appending(turns, storedAs: name, within: ledger.limits)
        ledger.record(entry, as: name, of: account)
        if let stored = request.goesOnFrom, stored.isOngoing { ledger.record(entry, as: stored.name, of: account) }
    }

    /// Keeps where the conversation stands after an answer of our own: where it stood before, for the LLM has heard nothing.
    func rememberReply(as identity: ReplyIdentity) {
        guard let (request, earlier) = state.withLock({ state in state.request.map { ($0, state.earlier) } }),
            let name = request.replyName(as: identity)
        else { return }
        environment.ledger.record(earlier, as: name, of: account)
    }
}
