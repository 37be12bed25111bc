import Deflate
import Logging
import NIOCore
import NIOHTTP1
import Upstream

/// The life of one request.
///
/// Read from top to bottom, the sections are the phases in their order: the head opens the exchange; the body is
/// gathered and judged, or streamed; the request goes to the upstream; the answer comes back, is judged or streamed;
/// the exchange is recorded, always. What an event means in which state is `ExchangeStateMachine`'s to say.
///
/// Belongs to the event loop of the client's connection. Only the filter's decisions about much, and those that have to
/// wait, run elsewhere, in a task that comes back here.
final class ProxySession {
    let filter: any FilterSession
    let eventLoop: any EventLoop
    var machine: ExchangeStateMachine
    var summary = ExchangeSummary()
    /// A decision of the filter, or a streamed reply, under way.
    var task: Task<Void, Never>?
    /// Waits for the client to take more of a streamed reply.
    var replyPromise: EventLoopPromise<Bool>?

    private let request: CheckedRequest
    private let client: ClientInfo
    private let worker: ProxyWorker
    private weak var stream: (any ClientStream)?
    private let startedAt = NIODeadline.now()

    private let coding: ContentCoding
    private var inspectionLimit = 0
    private var requestBody = ByteBuffer()
    private var exchange: UpstreamExchange?
    private var answerHead: HTTPResponseHead?
    private var answerBody = ByteBuffer()
    /// Where the answer goes while the filter judges it as it comes.
    private var window: AnswerFeed?
    /// Bytes of this exchange that are part of `ProxyMetrics.bufferedBytes`.
    private var held = 0
    /// The same of the connection.
    private let account: BufferAccount
    /// Those of this exchange that the filter keeps of an answer that passes.
    private var observed = 0
    private var isRecorded = false
    /// The numbers of the last decision that was begun, and of the last that is over.
    private var decisions = (begun: 0, over: 0)

    init(request: CheckedRequest, client: ClientInfo, worker: ProxyWorker, stream: any ClientStream) {
        self.request = request
        self.client = client
        self.worker = worker
        self.stream = stream
        self.account = stream.bufferAccount
        self.coding = ResponseHygiene.coding(request.head.headers)
        self.eventLoop = worker.eventLoop
        self.machine = ExchangeStateMachine(bodyLimit: worker.configuration.limits.bodyBytes)
        self.filter = worker.filter.open(request.head, from: client)
        worker.metrics.exchanges.add(1)
    }

    // MARK: Phase 1, the head

    func start() {
        let start = self.filter.begin()
        let kind: ExchangeStateMachine.Start
        switch start {
        case .inspect(let limit): kind = .inspect(limit: limit)
        case .pass: kind = .pass
        case .reply: kind = .reply
        }
        if case .inspect(let limit) = start {
            self.inspectionLimit = min(limit, self.worker.configuration.limits.bodyBytes)
        }
        switch self.machine.begin(kind, framing: self.request.framing, coding: self.coding) {
        case .readBody:
            self.invite()
        case .judge:
            self.judgeRequest()
        case .forward:
            guard case .pass(let headers) = start else { return }
            self.forward(headers: headers, body: self.streamedBody)
            self.invite()
        case .reply:
            guard case .reply(let reply) = start else { return }
            self.send(reply)
        case .fail(let error):
            self.fail(error)
        }
    }

    private func invite() {
        // What failed or was answered at once has no use for the body.
        guard self.request.expectsContinue, self.machine.wantsBody, !self.machine.hasSentHead else { return }
        self.stream?.sendContinue()
    }

    private var streamedBody: UpstreamBody {
        switch self.request.framing {
        case .none: return .none
        case .length(let length): return .stream(length: length)
        case .chunked: return .stream(length: nil)
        }
    }

    // MARK: Phase 2, the body

    /// Whether the exchange depends on the rest of the body.
    var isReadingBody: Bool { self.machine.wantsBody }

    /// Whether the connection should read on for this exchange.
    var wantsBody: Bool {
        guard self.machine.wantsBody else { return false }
        return self.machine.isStreamingBody ? self.exchange?.isWritable ?? false : true
    }

    func receive(_ chunk: ByteBuffer) {
        self.summary.requestBytes += chunk.readableBytes
        self.worker.metrics.bytesIn.add(chunk.readableBytes)
        switch self.machine.receivedBody(bytes: chunk.readableBytes) {
        case .gather:
            guard self.hold(chunk.readableBytes) else { return }
            // Copied: a slice would keep the whole read it came from, which a client that sends chunks of one byte
            // makes 65,536 times as large.
            var chunk = chunk
            self.requestBody.writeBuffer(&chunk)
        case .send:
            self.exchange?.send(chunk)
        case .discard:
            break
        case .fail(let error):
            self.fail(error)
        }
    }

    func receiveEnd() {
        switch self.machine.receivedEnd() {
        case .none: break
        case .judge: self.judgeRequest()
        case .endUpload: self.exchange?.end()
        }
    }

    /// What one read of the client brought has been handed over.
    func readCompleted() {
        self.exchange?.flush()
    }

    /// Takes account of bytes that will be held to the end of the exchange. False if there is no room for them, and the
    /// exchange has failed.
    private func hold(_ bytes: Int) -> Bool {
        let limits = self.worker.configuration.limits
        if self.count(held: bytes) > limits.bufferedBytes {
            self.fail(.tooMuchBuffered)
        } else if self.account.bytes > limits.connectionBufferedBytes {
            self.fail(.tooMuchBufferedByConnection)
        } else {
            return true
        }
        return false
    }

    /// Counts bytes that are held from now on, or, as a negative number, no longer.
    ///
    /// - Returns: the bytes that all exchanges hold.
    @discardableResult
    private func count(held bytes: Int) -> Int {
        self.held += bytes
        self.account.add(bytes)
        return self.worker.metrics.held.add(bytes)
    }

    // MARK: Phase 3, the filter decides about the request

    private func judgeRequest() {
        if self.coding == .gzip { return self.unpack() }
        let filter = self.filter
        let body = self.requestBody
        self.requestBody = ByteBuffer()
        self.decide(about: body.readableBytes) {
            await filter.request(body: body)
        } then: {
            $0.requestJudged($1)
        }
    }

    /// Unpacks the body off the event loop, and then asks the filter.
    private func unpack() {
        let (packed, limit) = (Array(self.requestBody.readableBytesView), self.inspectionLimit)
        self.requestBody = ByteBuffer()
        // A few bytes may unpack to many.
        self.decide(about: limit) { () -> Result<ByteBuffer, Gzip.Failure> in
            // The client left while this waited for a thread: nobody asks what came of it.
            guard !Task.isCancelled else { return .failure(.malformed) }
            return Result { () throws(Gzip.Failure) in ByteBuffer(bytes: try Gzip.inflate(packed, limit: limit)) }
        } then: { session, result in
            session.unpacked(result)
        }
    }

    private func unpacked(_ result: Result<ByteBuffer, Gzip.Failure>) {
        guard self.machine.isJudgingRequest else {
            return self.requestJudged(.reply(ErrorReply.make(.malformedRequest)))
        }
        switch result {
        case .success(let body):
            guard self.hold(body.readableBytes) else { return }
            let filter = self.filter
            self.decide(about: body.readableBytes) {
                await filter.request(body: body)
            } then: {
                $0.requestJudged($1)
            }
        case .failure(.malformed): self.fail(.badContentEncoding)
        case .failure(.tooDense): self.fail(.bodyTooDense)
        case .failure(.tooLarge): self.fail(.bodyTooLarge(limit: self.inspectionLimit))
        }
    }

    private func requestJudged(_ outcome: RequestOutcome) {
        switch outcome {
        case .forward(var headers, let body):
            guard self.machine.requestJudged(forwards: true) == .proceed else { return self.record() }
            // It was unpacked.
            if self.coding == .gzip { headers.remove(name: "content-encoding") }
            // The answer may have to be read, too.
            headers.replaceOrAdd(name: "accept-encoding", value: "identity")
            self.forward(headers: headers, body: body.readableBytes == 0 ? .none : .bytes(body))
        case .reply(let reply):
            guard self.machine.requestJudged(forwards: false) == .proceed else { return self.record() }
            self.send(reply)
        }
    }

    // MARK: Phase 4, to the upstream

    private func forward(headers: HTTPHeaders, body: UpstreamBody) {
        guard let upstream = self.worker.upstream else { return self.fail(.noUpstream) }
        var head = self.request.head
        head.headers = ResponseHygiene.wellFormed(HopByHop.strip(headers))
        self.worker.forwardedFields.add(
            to: &head.headers,
            client: self.client,
            host: self.request.head.headers.first(name: "host")
        )
        let exchange = UpstreamExchange(cluster: upstream, head: head, body: body, delegate: self)
        self.exchange = exchange
        exchange.start()
    }

    // MARK: Phase 5, the answer

    private func receiveAnswer(_ head: HTTPResponseHead) {
        self.summary.upstreamStatus = Int(head.status.code)
        var head = head
        let length = ResponseHygiene.clean(&head)
        let isEncoded = ResponseHygiene.isEncoded(head.headers)
        let treatment = self.filter.responseHead(&head)
        let framing = ResponseFraming(
            method: self.request.head.method,
            version: self.request.head.version,
            status: head.status,
            length: length
        )
        switch self.machine.answered(treatment, isEncoded: isEncoded, hasBody: framing.hasBody) {
        case .send:
            self.sendHead(head, length: length, closes: false)
            self.stream?.flush()
        case .hold:
            self.answerHead = head
        case .window:
            guard case .window(let limit) = treatment else { return }
            self.judgeWindow(head, limit: limit)
        case .fail(let error):
            return self.fail(error)
        case .ignore:
            return
        }
        self.demandAnswer()
    }

    private func receiveAnswer(_ chunk: ByteBuffer) {
        if self.window != nil {
            guard self.hold(chunk.readableBytes) else { return }
            if self.window?.send(chunk) == false { self.fail(.responseTooLarge(limit: self.window?.limit ?? 0)) }
            return
        }
        switch self.machine.answerChunk(bytes: chunk.readableBytes) {
        case .send(let observed):
            if observed { self.observe(chunk) }
            self.sendBody(chunk)
        case .stopObserving:
            self.stopObserving()
            self.sendBody(chunk)
        case .gather:
            guard self.hold(chunk.readableBytes) else { return }
            var chunk = chunk
            self.answerBody.writeBuffer(&chunk)
        case .fail(let error):
            self.fail(error)
        case .ignore:
            break
        }
    }

    /// Shows the filter a chunk that it keeps. An answer that passes must not fail for want of room, nor take the room that others
    /// need to pass at all: it is observed in half of it.
    private func observe(_ chunk: ByteBuffer) {
        let limits = self.worker.configuration.limits
        let held = self.count(held: chunk.readableBytes)
        self.observed += chunk.readableBytes
        if held > limits.bufferedBytes / 2 || self.account.bytes > limits.connectionBufferedBytes / 2 {
            self.machine.stopObserving()
            self.stopObserving()
        } else {
            self.filter.observe(chunk)
        }
    }

    private func stopObserving() {
        self.filter.stopObserving()
        self.count(held: -self.observed)
        self.observed = 0
    }

    /// Asks the upstream for more as long as there is room for it.
    private func demandAnswer() {
        if self.stream?.isWritable ?? false {
            self.exchange?.demand()
        }
    }

    private func receiveAnswerEnd() {
        if let window = self.window {
            // The filter's reply ends the exchange.
            window.end()
        } else if self.machine.answerEnded() {
            self.judgeAnswer()
        } else {
            self.end()
        }
    }

    // MARK: Phase 6, the filter decides about the answer

    private func judgeAnswer() {
        guard let head = self.answerHead else { return self.fail(.replyFailed) }
        let filter = self.filter
        let body = self.answerBody
        self.answerBody = ByteBuffer()
        // However short it is, it may be judged by the request that it answers.
        self.decide(about: self.held) {
            await filter.response(head: head, body: body)
        } then: {
            $0.answerJudged($1)
        }
    }

    /// Asks the filter about an answer that is still on its way.
    private func judgeWindow(_ head: HTTPResponseHead, limit: Int) {
        let filter = self.filter
        let feed = AnswerFeed(limit: limit)
        self.window = feed
        let chunks = feed.chunks
        // It waits for what comes, so it is not of the event loop whatever its length.
        self.decide(about: .max) {
            await filter.response(head: head, chunks: chunks)
        } then: {
            $0.answerJudged($1)
        }
    }

    private func answerJudged(_ outcome: ResponseOutcome) {
        guard self.machine.answerJudged() == .proceed else { return self.record() }
        switch outcome {
        case .forward(let head, let body):
            self.send(LocalReply(status: head.status, headers: head.headers, body: .bytes(body)))
        case .reply(let reply):
            self.send(reply)
        }
    }

    // MARK: Sending

    func sendHead(_ head: HTTPResponseHead, length: Int?, closes: Bool) {
        self.machine.sendingHead()
        self.summary.status = Int(head.status.code)
        self.worker.metrics.countResponse(Int(head.status.code))
        var head = head
        head.headers = ResponseHygiene.wellFormed(HopByHop.strip(head.headers))
        head.headers.replaceOrAdd(name: "x-request-id", value: self.client.requestID)
        self.stream?.send(head, length: length, closes: closes)
    }

    func sendBody(_ chunk: ByteBuffer) {
        guard self.request.head.method != .HEAD else { return }
        self.summary.responseBytes += chunk.readableBytes
        self.worker.metrics.bytesOut.add(chunk.readableBytes)
        self.stream?.send(chunk)
    }

    func flush() {
        self.stream?.flush()
    }

    var isWritable: Bool { self.stream?.isWritable ?? false }

    private func send(_ reply: LocalReply) {
        self.stream?.bodyUnwanted()
        var head = HTTPResponseHead(version: .http1_1, status: reply.status, headers: reply.headers)
        head.headers.replaceOrAdd(name: "x-content-type-options", value: "nosniff")
        switch reply.body {
        case .bytes(let body):
            self.sendHead(head, length: body.readableBytes, closes: reply.closesConnection)
            self.sendBody(body)
            self.end()
        case .stream(let chunks):
            self.stream(head, chunks, closes: reply.closesConnection)
        }
    }

    // MARK: Ends

    /// The answer is whole.
    func end() {
        guard self.machine.finish() else { return }
        self.window?.end()
        self.exchange?.cancel()
        self.record()
        self.stream?.end()
    }

    /// The exchange cannot go on: say so, or cut the answer if it has begun.
    func fail(_ error: ProxyError) {
        let action = self.machine.fail()
        guard action != .ignore else { return }
        self.note(error)
        self.task?.cancel()
        self.window?.end(error)
        self.exchange?.cancel()
        self.letGoOfReply()
        switch action {
        case .reply:
            self.send(self.filter.reply(to: error) ?? ErrorReply.make(error))
        case .truncate:
            self.record()
            self.stream?.truncate()
        case .ignore:
            break
        }
    }

    /// The client is gone, or is sent away: whatever works for it stops.
    func leave(_ error: ProxyError) {
        let action = self.machine.leave()
        guard action != .ignore else { return }
        self.note(error)
        if self.summary.status == nil { self.summary.status = error.status }
        self.task?.cancel()
        self.window?.end(error)
        self.exchange?.cancel()
        self.letGoOfReply()
        if action == .close { self.record() }
    }

    /// Nobody wants more of a streamed reply: what makes it must not wait for room.
    private func letGoOfReply() {
        self.replyPromise?.succeed(false)
        self.replyPromise = nil
    }

    func clientWritabilityChanged(_ isWritable: Bool) {
        guard isWritable else { return }
        self.replyPromise?.succeed(true)
        self.replyPromise = nil
        self.exchange?.demand()
    }

    private func note(_ error: ProxyError) {
        guard self.summary.error == nil else { return }
        self.summary.error = error.code
        self.summary.fault = error.fault
        self.worker.metrics.countError(error.code)
    }

    // MARK: Phase 7, the record

    private func record() {
        guard !self.isRecorded else { return }
        self.isRecorded = true
        let now = NIODeadline.now()
        self.summary.duration = Duration(now - self.startedAt)
        if let exchange = self.exchange {
            let end = exchange.finishedAt ?? now
            self.summary.upstreamEnd = Duration(end - self.startedAt)
            if let sentAt = exchange.sentAt {
                self.summary.upstreamFirstByte = exchange.answeredAt.map { Duration($0 - sentAt) }
                self.summary.upstreamDuration = Duration(end - sentAt)
            }
        }
        self.worker.metrics.exchanges.add(-1)
        self.count(held: -self.held)
        self.filter.finish(self.summary)
    }

    /// Bytes about which the filter decides on the event loop: leaving it and coming back would take longer than that. A
    /// decision that has to wait leaves it all the same.
    private static let decidedAtOnce = 4096

    /// Has the filter decide, off the event loop if it is about much, and comes back with what it decided.
    ///
    /// - Parameter bytes: what it is about.
    private func decide<Outcome: Sendable>(
        about bytes: Int,
        _ decision: @escaping @Sendable () async -> Outcome,
        then: @escaping @Sendable (ProxySession, Outcome) -> Void
    ) {
        let eventLoop = self.eventLoop
        let session = NIOLoopBound(self, eventLoop: eventLoop)
        self.decisions.begun += 1
        let number = self.decisions.begun
        let work: @Sendable () async -> Void = {
            let outcome = await decision()
            let comeBack: @Sendable () -> Void = {
                session.value.decisions.over = number
                session.value.task = nil
                then(session.value, outcome)
            }
            if eventLoop.inEventLoop { comeBack() } else { eventLoop.execute(comeBack) }
        }
        let task = bytes <= Self.decidedAtOnce ? Task.immediate(operation: work) : Task(operation: work)
        // It may be over, and another under way.
        if self.decisions.over < number { self.task = task }
    }
}

// MARK: - What the upstream says

extension ProxySession: UpstreamExchangeDelegate {
    func upstreamWritabilityChanged(_ isWritable: Bool) {
        if isWritable, self.machine.isStreamingBody { self.stream?.bodyWanted() }
    }

    func upstreamAnswered(_ head: HTTPResponseHead) { self.receiveAnswer(head) }

    func upstreamSent(_ chunk: ByteBuffer) { self.receiveAnswer(chunk) }

    func upstreamReadCompleted() {
        self.stream?.flush()
        self.demandAnswer()
    }

    func upstreamFinished() { self.receiveAnswerEnd() }

    func upstreamFailed(_ error: UpstreamError) {
        self.worker.logger.warning(
            "The upstream failed",
            metadata: [
                "request_id": "\(self.client.requestID)", "error": "\(error.code.rawValue)",
                "detail": "\(error.detail)",
            ]
        )
        self.fail(ProxyError(error))
    }
}

@available(*, unavailable)
extension ProxySession: Sendable {}
