/// The states of one exchange and what each event means in them, without any I/O.
///
///     opened ─┬─ readingRequest ── judgingRequest ─┬─ forwarding ─┬─ judgingAnswer ─┐
///             ├────────────────────────────────────┘              │                 ├─ over
///             └────────── replying ◄──────── (any of them) ───────┴─────────────────┘
///
/// An event that comes too late, as when the filter decides after the client went away, is answered with an action that
/// does nothing. No event from outside can trap.
struct ExchangeStateMachine {
    private enum State {
        /// Next: readingRequest, judgingRequest, forwarding, replying.
        case opened
        /// The body is gathered for the filter. Next: judgingRequest, replying, over.
        case readingRequest(limit: Int, received: Int)
        /// Next: forwarding, replying, leaving.
        case judgingRequest
        /// Next: judgingAnswer, replying, over.
        case forwarding(Upload, Answer)
        /// Next: replying, leaving.
        case judgingAnswer
        /// An answer of ours is on its way. Next: over.
        case replying
        /// The client is gone and a task of the filter still runs. Next: over.
        case leaving
        case over
    }

    private enum Upload {
        case streaming(limit: Int, received: Int)
        case ended

        var isOver: Bool { if case .ended = self { true } else { false } }
    }

    private enum Answer {
        case awaited
        case passing
        /// It passes, and the filter keeps a copy.
        case observed(limit: Int, received: Int)
        case held(limit: Int, received: Int)
    }

    /// What the filter said about the head.
    enum Start {
        case inspect(limit: Int)
        case pass
        case reply
    }

    enum BeginAction: Equatable {
        /// Read the body for the filter.
        case readBody
        /// There is no body to wait for: ask the filter now.
        case judge
        /// Open the exchange with the upstream; the body is streamed if there is one.
        case forward
        case reply
        case fail(ProxyError)
    }

    enum BodyAction: Equatable {
        case gather, send, discard
        case fail(ProxyError)
    }

    enum EndAction: Equatable {
        case none, judge, endUpload
    }

    enum VerdictAction: Equatable {
        case proceed
        /// The client went away meanwhile; there is nothing left to wait for.
        case close
    }

    enum AnswerAction: Equatable {
        case send, hold, window, ignore
        case fail(ProxyError)
    }

    enum ChunkAction: Equatable {
        case send(observed: Bool)
        /// Send it and observe no more: with it, it would be more than may be kept.
        case stopObserving
        case gather, ignore
        case fail(ProxyError)
    }

    enum FailAction: Equatable {
        /// Nothing was sent yet: say what happened.
        case reply
        /// The answer has begun: cut it where all can see that it is cut.
        case truncate
        case ignore
    }

    enum LeaveAction: Equatable {
        case ignore
        /// Stop the filter's task and wait for it.
        case cancelTask
        /// Stop the upstream, the reply, or whatever runs, and close.
        case close
    }

    /// Nothing of the body that the client may not send.
    let bodyLimit: Int
    private var state = State.opened
    /// The head of an answer went out, so its status can no longer change.
    private(set) var hasSentHead = false

    init(bodyLimit: Int) {
        self.bodyLimit = bodyLimit
    }

    // MARK: The request

    /// - Parameter coding: of the body. What is inspected is unpacked first, and so has to be known; the limit holds for what comes
    ///   as well as for what it unpacks to.
    mutating func begin(_ start: Start, framing: BodyFraming, coding: ContentCoding) -> BeginAction {
        guard case .opened = self.state else { return .reply }
        switch start {
        case .reply:
            self.state = .replying
            return .reply
        case .inspect(let wanted):
            let limit = min(wanted, self.bodyLimit)
            if coding == .unknown { return .fail(.unsupportedContentEncoding) }
            switch framing {
            case .none:
                self.state = .judgingRequest
                return .judge
            case .length(let length) where length > limit:
                return .fail(.bodyTooLarge(limit: limit))
            case .length, .chunked:
                self.state = .readingRequest(limit: limit, received: 0)
                return .readBody
            }
        case .pass:
            switch framing {
            case .none:
                self.state = .forwarding(.ended, .awaited)
            case .length(let length) where length > self.bodyLimit:
                return .fail(.bodyTooLarge(limit: self.bodyLimit))
            case .length, .chunked:
                self.state = .forwarding(.streaming(limit: self.bodyLimit, received: 0), .awaited)
            }
            return .forward
        }
    }

    mutating func receivedBody(bytes: Int) -> BodyAction {
        switch self.state {
        case .readingRequest(let limit, let received):
            if bytes > limit - received { return .fail(.bodyTooLarge(limit: limit)) }
            self.state = .readingRequest(limit: limit, received: received + bytes)
            return .gather
        case .forwarding(.streaming(let limit, let received), let answer):
            if bytes > limit - received { return .fail(.bodyTooLarge(limit: limit)) }
            self.state = .forwarding(.streaming(limit: limit, received: received + bytes), answer)
            return .send
        case .opened, .judgingRequest, .forwarding(.ended, _), .judgingAnswer, .replying, .leaving, .over:
            return .discard
        }
    }

    mutating func receivedEnd() -> EndAction {
        switch self.state {
        case .readingRequest:
            self.state = .judgingRequest
            return .judge
        case .forwarding(.streaming, let answer):
            self.state = .forwarding(.ended, answer)
            return .endUpload
        case .opened, .judgingRequest, .forwarding(.ended, _), .judgingAnswer, .replying, .leaving, .over:
            return .none
        }
    }

    /// Whether more of the body is of use, room permitting.
    var wantsBody: Bool {
        switch self.state {
        case .readingRequest, .forwarding(.streaming, _): return true
        case .opened, .judgingRequest, .forwarding(.ended, _), .judgingAnswer, .replying, .leaving, .over: return false
        }
    }

    /// Whether the body goes to the upstream as it comes.
    var isStreamingBody: Bool {
        if case .forwarding(.streaming, _) = self.state { true } else { false }
    }

    /// Whether the filter, or who unpacks for it, is at work on the request.
    var isJudgingRequest: Bool {
        if case .judgingRequest = self.state { true } else { false }
    }

    /// Whether an answer of ours is on its way.
    var isReplying: Bool {
        if case .replying = self.state { true } else { false }
    }

    /// The filter decided about the request.
    mutating func requestJudged(forwards: Bool) -> VerdictAction {
        guard case .judgingRequest = self.state else { return self.close() }
        self.state = forwards ? .forwarding(.ended, .awaited) : .replying
        return .proceed
    }

    // MARK: The answer

    mutating func answered(_ treatment: ResponseTreatment, isEncoded: Bool, hasBody: Bool) -> AnswerAction {
        guard case .forwarding(let upload, .awaited) = self.state else { return .ignore }
        switch treatment {
        case .window where hasBody && upload.isOver:
            if isEncoded { return .fail(.encodedResponse) }
            self.state = .judgingAnswer
            return .window
        case .hold(let limit) where hasBody, .window(let limit) where hasBody:
            if isEncoded { return .fail(.encodedResponse) }
            self.state = .forwarding(upload, .held(limit: limit, received: 0))
            return .hold
        case .hold, .window, .pass:
            self.state = .forwarding(upload, .passing)
        case .observe(let limit):
            self.state = .forwarding(upload, .observed(limit: limit, received: 0))
        }
        self.hasSentHead = true
        return .send
    }

    mutating func answerChunk(bytes: Int) -> ChunkAction {
        switch self.state {
        case .forwarding(_, .passing):
            return .send(observed: false)
        case .forwarding(let upload, .observed(let limit, let received)):
            if bytes > limit - received {
                self.state = .forwarding(upload, .passing)
                return .stopObserving
            }
            self.state = .forwarding(upload, .observed(limit: limit, received: received + bytes))
            return .send(observed: true)
        case .forwarding(let upload, .held(let limit, let received)):
            if bytes > limit - received { return .fail(.responseTooLarge(limit: limit)) }
            self.state = .forwarding(upload, .held(limit: limit, received: received + bytes))
            return .gather
        case .opened, .readingRequest, .judgingRequest, .forwarding(_, .awaited), .judgingAnswer, .replying, .leaving,
            .over:
            return .ignore
        }
    }

    /// There is no room to keep more of an answer that is observed: the rest of it passes.
    mutating func stopObserving() {
        guard case .forwarding(let upload, .observed) = self.state else { return }
        self.state = .forwarding(upload, .passing)
    }

    /// The upstream's answer is complete. True if the filter is to judge it, false if it has been passed on.
    mutating func answerEnded() -> Bool {
        guard case .forwarding(_, .held) = self.state else { return false }
        self.state = .judgingAnswer
        return true
    }

    /// The filter decided about the answer.
    mutating func answerJudged() -> VerdictAction {
        guard case .judgingAnswer = self.state else { return self.close() }
        self.state = .replying
        return .proceed
    }

    /// The head of an answer of ours goes out.
    mutating func sendingHead() {
        self.hasSentHead = true
    }

    // MARK: Ends

    /// Something failed that ends the exchange.
    mutating func fail() -> FailAction {
        switch self.state {
        case .leaving, .over:
            return .ignore
        case .opened, .readingRequest, .judgingRequest, .forwarding, .judgingAnswer, .replying:
            if self.hasSentHead {
                self.state = .over
                return .truncate
            }
            self.state = .replying
            return .reply
        }
    }

    /// The client went away, or is sent away.
    mutating func leave() -> LeaveAction {
        switch self.state {
        case .judgingRequest, .judgingAnswer:
            self.state = .leaving
            return .cancelTask
        case .opened, .readingRequest, .forwarding, .replying:
            self.state = .over
            return .close
        case .leaving, .over:
            return .ignore
        }
    }

    /// The whole answer was handed to the client's connection. False if the exchange was over before.
    mutating func finish() -> Bool {
        if case .over = self.state { return false }
        self.state = .over
        return true
    }

    private mutating func close() -> VerdictAction {
        if case .leaving = self.state { self.state = .over }
        return .close
    }
}
