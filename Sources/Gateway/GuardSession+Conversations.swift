import Audit
import ChatAPI
import Guard
import GuardCore
import NIOCore
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
    func goingOn(_ request: any DialectRequest) async throws(ChatAPIError) -> any DialectRequest {
        guard let stored = request.goesOnFrom else { return request }
        let ledger = environment.ledger
        // What is known of an answer stays as it is; what is known of a conversation lacks the turn that is being answered.
        if ledger.keeps(stored.name), stored.isOngoing || ledger.entry(stored.name, of: account) == nil {
            await environment.passing.wait(
                for: PassingAnswers.Place(account: account, name: stored.name, isOngoing: stored.isOngoing)
            )
        }
        guard let entry = ledger.entry(stored.name, of: account) else {
            guard environment.configuration.refusesUnknownConversations else { return request }
            throw .invalidRequest(
                "This gateway does not know what '\(stored.member)' names, so the request cannot be judged by what was said "
                    + "before. Send the whole conversation as input.",
                code: stored.isOngoing ? "conversation_not_found" : "previous_response_not_found",
                parameter: stored.member
            )
        }
        state.withLock { $0.earlier = entry }
        // However short the request is, it is judged behind all of this: that is not for the event loop.
        await Task.yield()
        return stored.isOngoing || entry.storedAs == stored.name ? request : try request.going(onFrom: entry.storedAs)
    }

    /// Keeps what was said up to an answer of the LLM, the first time that it is told of it.
    func remember(_ answer: any DialectAnswer) {
        guard dialect?.keepsConversations == true, let name = answer.name,
            let (request, earlier) = state.withLock({ state in
                // A stream is noted again when it is stopped at its end, and when it has left the window.
                defer { state.forwarded = nil }
                return state.forwarded.map { ($0, state.earlier) }
            })
        else { return }
        var turns: [ClassifierInput.Turn] = []
        for segment in request.segments where segment.turn != nil && segment.kind == .words {
            guard [.user, .assistant, .tool].contains(segment.role) else { continue }
            turns.append(ClassifierInput.Turn(role: segment.role, text: segment.text))
        }
        let said = answer.spoken
        if !said.isEmpty { turns.append(ClassifierInput.Turn(role: .assistant, text: said)) }
        let ledger = environment.ledger
        let entry: ConversationLedger.Entry
        if let stored = request.goesOnFrom, stored.isOngoing {
            entry = ledger.append(turns, storedAs: name, to: stored.name, of: account, behind: earlier)
        } else {
            entry = earlier.appending(turns, storedAs: name, within: ledger.limits)
        }
        ledger.record(entry, as: name, of: account)
    }

    /// Has requests that go on from this answer wait until it was read: those that name the conversation which it is a turn of, and those
    /// that name the answer. Called before the chunk has gone out, so that nobody knows the name yet.
    func notePassing(_ chunk: ByteBuffer, _ state: inout State) {
        // An error is nothing to go on from.
        guard dialect?.keepsConversations == true, !state.isError else { return }
        if state.naming == nil {
            state.naming = AnswerNameReader(isStream: state.isEventStream)
            if let stored = state.request?.goesOnFrom, stored.isOngoing {
                beginPassing(stored.name, isOngoing: true, &state)
            }
        }
        guard state.naming?.name == nil else { return }
        state.naming?.read(chunk.readableBytesView)
        if let name = state.naming?.name { beginPassing(name, isOngoing: false, &state) }
    }

    /// The same for an answer that passes through the window.
    func notePassing(_ chunk: ByteBuffer) { state.withLock { state in notePassing(chunk, &state) } }

    private func beginPassing(_ name: String, isOngoing: Bool, _ state: inout State) {
        // Under a longer one nothing is remembered that could be waited for.
        guard environment.ledger.keeps(name) else { return }
        let place = PassingAnswers.Place(account: account, name: name, isOngoing: isOngoing)
        state.passing.append(place)
        environment.passing.begin(place)
    }

    /// Lets go of what is kept of this answer, and of whoever waits for it: it was read, or never will be.
    func endPassing() {
        let places = state.withLock { state in
            defer { (state.passing, state.observed) = ([], nil) }
            return state.passing
        }
        for place in places { environment.passing.end(place) }
    }

    /// Keeps where the conversation stands after an answer of our own: where it stood before, for the LLM has heard nothing.
    func rememberReply(as identity: ReplyIdentity) {
        guard let (request, earlier) = state.withLock({ state in state.request.map { ($0, state.earlier) } }),
            let name = request.replyName(as: identity)
        else { return }
        environment.ledger.record(earlier, as: name, of: account)
    }
}
