import Audit
import ChatAPI
import Guard
import GuardCore
import NIOCore
import NIOHTTP1
import Policy
import Proxy
import Synchronization

extension GuardSession {
    /// Judges a streamed answer while it comes, and lets go what was judged. As long as nothing has gone out, the outcome
    /// is that of an answer that was held.
    func response(head: HTTPResponseHead, chunks: AsyncThrowingStream<ByteBuffer, any Error>) async -> ResponseOutcome {
        guard let dialect else { return .reply(reply(GuardSession.closedEarly)) }
        let isObserved = observesStreams
        state.withLock {
            // However it ends, what went out of it counts by its words.
            $0.wordBytes = 0
            $0.isInWindow = !isObserved
        }
        // Nothing waits for a verdict that nobody acts on.
        let holdBack = isObserved ? HoldBack(delay: .zero) : pipeline.policy.stream.holdBack
        let (output, continuation) = AsyncThrowingStream<ByteBuffer, any Error>.makeStream()
        let (outcomes, outcome) = AsyncStream<ResponseOutcome>.makeStream()
        let passage = StreamPassage(
            session: self,
            head: head,
            answer: StreamedAnswer(dialect.stream(limits: answerLimits), bounds: holdBack),
            body: output,
            output: continuation,
            outcome: outcome
        )
        let task = Task {
            var passage = passage
            await passage.run(chunks)
            continuation.finish()
            outcome.finish()
        }
        continuation.onTermination = { _ in task.cancel() }
        return await withTaskCancellationHandler {
            for await outcome in outcomes { return outcome }
            return .reply(reply(GuardSession.closedEarly))
        } onCancel: {
            task.cancel()
        }
    }

    /// Notes what was decided about a streamed answer as far as it was read, where it never was judged as a whole: it was stopped, or
    /// broke off, or nobody waited for its end.
    func noteStreamed() {
        guard let judged = state.withLock({ $0.output == nil ? $0.streamed?.total : nil }) else { return }
        note(judged)
    }

    /// Notes what was decided about a window of one of the answer's texts.
    fileprivate func note(_ inspection: Inspection, of window: StreamWindow.Window, number: Int) {
        state.withLock { state in
            if state.streamed == nil { state.streamed = StreamedInspection() }
            // In place, so that the texts are not copied for each window.
            state.streamed?.add(inspection, of: window, number: number)
        }
    }
}

/// The passage of one streamed answer through the window.
struct StreamPassage {
    private enum Event {
        case chunk(ByteBuffer)
        case late
        case end
        case failure(any Error)
    }

    let session: GuardSession
    /// Whether the answer is only edited on its way, for what was masked or is no text, and judged like one that is observed.
    private let isObserved: Bool
    /// Whether nothing more of it goes out before all of it was judged.
    private var isHeldWhole: Bool
    let head: HTTPResponseHead
    var answer: StreamedAnswer
    /// The caller's stream, and where it is written.
    let body: AsyncThrowingStream<ByteBuffer, any Error>
    let output: AsyncThrowingStream<ByteBuffer, any Error>.Continuation
    /// Told once: when something goes out first, or when it is known that nothing will.
    let outcome: AsyncStream<ResponseOutcome>.Continuation
    /// What the answer is an answer to.
    private let asked: [ClassifierInput.Turn]
    /// Knows what each of several texts answers.
    private let request: (any DialectRequest)?
    private var isOpen = false
    /// When the caller heard something last.
    private var heard = ContinuousClock.now
    /// What puts the caller's words back into each text, where some were masked.
    private var restorers: [Int: PlaceholderRestorer] = [:]
    private let restorations: [Decision.Restoration]

    init(
        session: GuardSession,
        head: HTTPResponseHead,
        answer: StreamedAnswer,
        body: AsyncThrowingStream<ByteBuffer, any Error>,
        output: AsyncThrowingStream<ByteBuffer, any Error>.Continuation,
        outcome: AsyncStream<ResponseOutcome>.Continuation
    ) {
        self.session = session
        isObserved = session.observesStreams
        let policy = session.pipeline.policy
        isHeldWhole = !isObserved && (policy.stream.mode == .full || policy.needsWholeAnswers)
        asked = session.asked
        request = session.state.withLock { $0.request }
        restorations = session.restorations
        self.head = head
        self.answer = answer
        self.body = body
        self.output = output
        self.outcome = outcome
    }

    mutating func run(_ chunks: AsyncThrowingStream<ByteBuffer, any Error>) async {
        let (events, continuation) = AsyncStream<Event>.makeStream()
        let reader = Task {
            do {
                for try await chunk in chunks { continuation.yield(.chunk(chunk)) }
                continuation.yield(.end)
            } catch {
                continuation.yield(.failure(error))
            }
        }
        var timer: (time: ContinuousClock.Instant, task: Task<Void, Never>)?
        defer {
            reader.cancel()
            timer?.task.cancel()
            leave()
        }
        for await event in events {
            do {
                guard try await handle(event) else { return }
            } catch {
                return fail(error)
            }
            if !isHeldWhole, let due = answer.due, due != timer?.time {
                timer?.task.cancel()
                timer = (
                    due,
                    Task {
                        do { try await Task.sleep(until: due, clock: .continuous) } catch { return }
                        continuation.yield(.late)
                    }
                )
            }
        }
    }

    /// - Returns: whether the answer goes on.
    private mutating func handle(_ event: Event) async throws -> Bool {
        switch event {
        case .chunk(let chunk):
            if isObserved {
                session.observe(chunk)
            } else {
                session.notePassing(chunk)
            }
            try answer.read(chunk.readableBytesView, at: .now)
        case .late: break
        case .failure(let error): throw error
        case .end:
            guard answer.stream.isComplete else { throw GuardSession.closedEarly }
            try await finish()
            return false
        }
        // What is no text may stand in front of words, and would go out with them.
        isHeldWhole = isHeldWhole || holdsMedia
        if !isHeldWhole {
            let goesOn = try await judge { passage, text, number in
                let text = passage.restored(text, of: number)
                if !text.isEmpty { passage.send(text, of: number) }
            }
            guard goesOn else { return false }
        }
        if heard + session.environment.configuration.longestSilence <= .now {
            open()
            heard = .now
            output.yield(ByteBuffer(bytes: answer.stream.pulse()))
        }
        return true
    }

    /// However the passage ended, the caller may have been told the answer's name, and the provider has what was read of it. What
    /// is observed is remembered when the exchange is over.
    private func leave() {
        guard !isObserved else { return }
        if session.dialect?.keepsConversations == true { session.remember(answer.stream.answer) }
        session.endPassing()
    }

    private var holdsMedia: Bool {
        session.mediaHandling(in: .output) != .pass && !answer.stream.answer.unscanned.media.isEmpty
    }

    /// Judges what is due, unless the answer is only observed.
    ///
    /// - Parameter take: given each text that may go out.
    /// - Returns: false if the stream was ended by a block.
    private mutating func judge(
        _ take: (inout StreamPassage, String, Int) -> Void
    ) async throws -> Bool {
        while let (number, window) = answer.next(at: .now) {
            guard !isObserved else {
                let text = answer.release(window, of: number, redactions: [])
                if !text.isEmpty { take(&self, text, number) }
                continue
            }
            let segment = TextSegment(path: "", role: .assistant, turn: number, text: window.text)
            let inspection = await session.pipeline.inspect(
                [segment],
                phase: .output,
                context: query(of: number) ?? asked,
                sampling: session.sampling,
                deadline: session.deadline
            )
            try Task.checkCancellation()
            session.note(inspection, of: window, number: number)
            var redactions: [StreamWindow.Redaction] = []
            switch inspection.enforcedAction {
            case .block:
                session.noteStreamed()
                try await stop(inspection, query: request?.query(of: number) ?? request?.lastUserText)
                return false
            case .rewrite:
                for edit in inspection.decision.edits {
                    switch edit {
                    case .redact(_, let spans): redactions += spans
                    case .replace(_, let text): answer.withheld[number] = text
                    case .steer: break
                    }
                }
                guard answer.withheld[number] == nil else { continue }
            case .log, nil: break
            }
            let text = answer.release(window, of: number, redactions: redactions)
            if !text.isEmpty { take(&self, text, number) }
        }
        return true
    }

    /// What one of the answer's texts answers, where it goes with a query of its own.
    private func query(of number: Int) -> [ClassifierInput.Turn]? {
        request?.query(of: number).map { [ClassifierInput.Turn(role: .user, text: $0)] }
    }

    private mutating func send(_ text: String, of number: Int) {
        open()
        heard = .now
        session.state.withLock { $0.wordBytes = ($0.wordBytes ?? 0) + text.utf8.count }
        output.yield(ByteBuffer(bytes: answer.stream.piece(text, of: number)))
    }

    /// The text with the caller's words in it, but for an end that may be the beginning of a placeholder.
    private mutating func restored(_ text: String, of number: Int) -> String {
        guard !restorations.isEmpty else { return text }
        var restorer = restorers[number] ?? PlaceholderRestorer(restorations)
        defer { restorers[number] = restorer }
        return restorer.append(text)
    }

    private mutating func open() {
        guard !isOpen else { return }
        isOpen = true
        var headers = head.headers
        session.markDecision(&headers, output: nil)
        outcome.yield(.reply(LocalReply(status: head.status, headers: headers, body: .stream(body))))
    }

    /// The answer has come to its end: the rest of the texts, and everything else, judged as a whole.
    private mutating func finish() async throws {
        let whole = answer.stream.answer
        let hasBegun = !answer.stream.begun.isEmpty || !answer.withheld.isEmpty
        guard hasBegun || isObserved else {
            return try await deliver(await session.judge(whole, head: head, stream: answer.stream))
        }
        var tails: [Int: String] = [:]
        if hasBegun {
            answer.finish()
            let isWhole = try await judge { passage, text, number in
                tails[number, default: ""] += passage.restored(text, of: number)
            }
            guard isWhole else { return }
            for number in restorers.keys { tails[number, default: ""] += restorers[number]?.finish() ?? "" }
        }
        var edits: [String: String] = [:]
        var replaced: Set<String> = []
        // What is only observed is judged when the exchange is over.
        if !isObserved {
            let inspection = await session.pipeline.inspect(
                whole.segments,
                phase: .output,
                context: asked,
                queries: session.queries(of: whole),
                sampling: session.sampling,
                deadline: session.deadline
            )
            try Task.checkCancellation()
            session.note(total(inspection))
            session.noteAnswer(whole)
            guard inspection.enforcedAction != .block else {
                return try await stop(inspection, query: session.query(of: inspection, in: whole))
            }
            edits = inspection.edits.replacements
            replaced = replacedPaths(of: inspection)
        }
        let rest: any DialectAnswer
        do throws(ChatAPIError) {
            rest = try session.handlingMedia(of: whole)
        } catch {
            return refuse(error)
        }
        let replacements = session.restored(whole.segments, over: edits)
        var rests = tails.merging(answer.withheld) { $1 }
        for number in answer.stream.begun where rests[number] == nil { rests[number] = "" }
        for text in answer.stream.texts where rests[text.number] != nil && replaced.contains(text.path) {
            rests[text.number] = replacements[text.path]
        }
        open()
        let edited = rest.editing(replacements: replacements)
        output.yield(ByteBuffer(bytes: answer.stream.rest(of: edited, texts: rests)))
    }

    private func replacedPaths(of inspection: Inspection) -> Set<String> {
        Set(
            inspection.decision.edits.compactMap { edit in
                guard case .replace(let index, _) = edit, inspection.segments.indices.contains(index) else {
                    return nil
                }
                return inspection.segments[index].path
            }
        )
    }

    /// Ends the stream as the dialect ends one that was filtered: the safeguard response behind what has gone out.
    ///
    /// - Parameter query: what the blocked text is the answer to.
    private mutating func stop(_ inspection: Inspection, query: String?) async throws {
        guard !answer.stream.begun.isEmpty else {
            return try await deliver(.reply(session.blocked(inspection, in: .output, query: query)))
        }
        guard let reply = inspection.decision.reply, !reply.isFailure else {
            return refuse(GuardSession.unjudged(inspection.failure))
        }
        // Its beginning has gone out under the LLM's own name, and the provider has all of it.
        session.noteAnswer(answer.stream.answer)
        guard reply.style != .error else {
            session.state.withLock { $0.error = GuardSession.withheld(reply.category, in: .output) }
            output.yield(ByteBuffer(bytes: answer.stream.filtered(saying: [])))
            return
        }
        let text = await session.safeguard(inspection, category: reply.category, query: query)
        output.yield(ByteBuffer(bytes: answer.stream.filtered(saying: TextPieces.of("\n\n" + text))))
    }

    /// Ends the stream with what keeps the rest of it from the caller.
    private mutating func refuse(_ error: ChatAPIError) {
        guard isOpen else {
            outcome.yield(.reply(session.reply(error)))
            return
        }
        session.state.withLock { $0.error = error }
        output.yield(ByteBuffer(bytes: answer.stream.failed(error)))
    }

    /// Gives the caller an answer of which nothing has gone out but word that it is coming.
    private mutating func deliver(_ outcome: ResponseOutcome) async throws {
        guard isOpen else {
            self.outcome.yield(outcome)
            return
        }
        switch outcome {
        case .forward(_, let body): output.yield(body)
        case .reply(let reply):
            switch reply.body {
            case .stream(let chunks): for try await chunk in chunks { output.yield(chunk) }
            // The status has gone out: only the stream itself can tell of the error.
            case .bytes: refuse(session.state.withLock { $0.error } ?? GuardSession.closedEarly)
            }
        }
    }

    private mutating func fail(_ error: any Error) {
        guard let fault = error as? ChatAPIError else { return output.finish(throwing: error) }
        guard !answer.stream.begun.isEmpty else { return refuse(fault) }
        // What has gone out stands; the cut tells the caller that it is not the whole answer. A stream that cannot be read on, or has no
        // end, is the upstream's doing.
        output.finish(
            throwing: ProxyError(
                fault.status,
                fault.code ?? fault.type,
                fault: .upstream,
                "The upstream's answer broke off, or could not be read on."
            )
        )
    }

    /// The inspection of the whole answer with what came of its windows.
    private func total(_ inspection: Inspection) -> Inspection {
        guard let windows = session.state.withLock({ $0.streamed }) else { return inspection }
        let paths = Dictionary(answer.stream.texts.map { ($0.number, $0.path) }) { $1 }
        return windows.completing(inspection, paths: paths)
    }
}
