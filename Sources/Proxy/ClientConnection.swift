import Logging
import NIOCore
import NIOHTTP1
import Upstream

/// The last handler of a client's HTTP/1 connection: takes requests from the parser and has them answered one after
/// the other, in the order they came.
///
/// Reading is by demand. While an exchange is under way nothing is read but the body it wants, so a client that
/// pipelines without reading gains at most what one read brought. The end of the connection is seen all the same: the
/// event loop reports it even if no read is outstanding. A client that closes its side while it waits for an answer
/// counts as gone.
final class ClientConnection: ChannelInboundHandler, WorkerConnection {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = ByteBuffer

    private enum State {
        /// Between requests. Next: exchanging, lingering, closing.
        case awaiting
        /// Next: awaiting, lingering, closing.
        case exchanging(ProxySession)
        /// The answer is out and the connection will close; the rest of the request is read and dropped, so that the
        /// client is not reset before it has read the answer. Next: closing.
        case lingering
        /// What was written is being flushed. Next: closed.
        case closing
        case closed
    }

    private enum ReadStage: UInt8 {
        case idle, head, body, linger
    }

    private enum WriteStage: UInt8 {
        case stall
    }

    private let worker: ProxyWorker
    private let peer: ConnectionPeer
    private let readTimer: StageTimer
    private let writeTimer: StageTimer
    let bufferAccount = BufferAccount()
    private var context: ChannelHandlerContext?
    private var state = State.awaiting
    private var isProcessing = false
    /// A read was asked for and has brought nothing yet.
    private var isReadOpen = false

    /// What the parser made of what was read and nobody has dealt with yet.
    private var parts = CircularBuffer<HTTPServerRequestPart>(initialCapacity: 4)
    private var queuedHeads = 0
    /// Nothing more can be read.
    var isBroken: Bool { self.readFailure != nil }
    /// Where the parser is.
    var boundary = RequestBoundary()
    /// Why nothing more can be read, to be told when its turn has come.
    private var readFailure: ProxyError?
    private var lingered = 0

    /// About the exchange under way.
    private var requestID = ""
    private var method = HTTPMethod.GET
    private var version = HTTPVersion.http1_1
    private var requestEnded = false
    private var pace: BodyPace
    private var mayKeepAlive = true
    private var framing = ResponseFraming.none(told: nil)
    private var willClose = false
    /// The end of the connection would be taken for that of the answer, which is not all out.
    private var isUnfinished = false
    private var progress = WriteProgress()
    /// Done when all that was written before the output was closed has gone out.
    private var outputFlushed: EventLoopFuture<Void>?
    /// The head and what else of the answer is to go out with it.
    private var unsent = ByteBuffer()
    /// Pieces of an answer are gathered up to this many bytes.
    private static let smallBody = 16 << 10

    init(worker: ProxyWorker, peer: ConnectionPeer) {
        self.worker = worker
        self.peer = peer
        self.pace = worker.configuration.limits.bodyPace
        self.readTimer = StageTimer(eventLoop: worker.eventLoop)
        self.writeTimer = StageTimer(eventLoop: worker.eventLoop)
    }

    private var limits: ProxyLimits { self.worker.configuration.limits }

    // MARK: Lifecycle

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        self.readTimer.onExpiry = { [weak self] _ in self?.readTimedOut() }
        self.writeTimer.onExpiry = { [weak self] _ in self?.writeTimedOut() }
        if context.channel.isActive { self.opened(context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.gone(.clientWentAway)
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        self.opened(context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.gone(.clientWentAway)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let reason = self.reason(for: error) else {
            self.worker.logger.debug("A client's connection failed", metadata: ["error": "\(error)"])
            return self.hangUp(.clientWentAway)
        }
        if self.readFailure == nil { self.readFailure = reason }
        self.process()
    }

    private func opened(_ context: ChannelHandlerContext) {
        self.worker.add(self)
        self.readTimer.stage(ReadStage.head, in: self.limits.headerTime)
        self.read()
    }

    private func gone(_ error: ProxyError) {
        let state = self.state
        guard self.close(state) else { return }
        if case .exchanging(let session) = state { session.leave(error) }
        self.worker.remove(self)
    }

    /// Enters the last state. False if it was entered before.
    private func close(_ state: State) -> Bool {
        if case .closed = state { return false }
        self.state = .closed
        self.parts.removeAll()
        self.readTimer.stop()
        self.writeTimer.stop()
        return true
    }

    /// Closes at once: there is nobody to be told anything.
    private func hangUp(_ error: ProxyError) {
        let context = self.context
        if self.isUnfinished { context?.channel.closesByReset() }
        self.gone(error)
        context?.close(promise: nil)
    }

    // MARK: Draining

    func drain() {
        // The last answer may still be on its way.
        if case .awaiting = self.state, !self.isHeadBegun, self.parts.isEmpty { self.closeWhenFlushed() }
    }

    func cut() {
        self.hangUp(.shutDown)
    }

    // MARK: Reading

    private var isHeadBegun = false

    func sawBytes(_ count: Int) {
        switch self.state {
        case .awaiting:
            guard !self.isHeadBegun else { return }
            self.isHeadBegun = true
            self.readTimer.stage(ReadStage.head, in: self.limits.headerTime)
        case .lingering:
            self.lingered += count
            // As long as the body comes on, up to the limits of all of it.
            self.readTimer.stage(ReadStage.linger, in: self.limits.lingerTime)
        case .exchanging:
            // The next request, which is dealt with when its turn has come.
            if self.requestEnded { self.isHeadBegun = true }
        case .closing, .closed:
            break
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = Self.unwrapInboundIn(data)
        self.boundary.parsed(part)
        switch self.state {
        case .closed, .closing: return
        case .awaiting, .exchanging, .lingering: break
        }
        if self.readFailure != nil { return }
        if case .head = part {
            self.queuedHeads += 1
            // One of them is the request that is about to be answered or is being answered.
            if self.queuedHeads > self.limits.pipelinedRequests + 1 {
                self.readFailure = .tooManyPipelinedRequests
                return
            }
        }
        self.parts.append(part)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        self.isReadOpen = false
        self.process()
        self.readMore()
    }

    private func read() {
        guard !self.isReadOpen else { return }
        self.isReadOpen = true
        self.context?.read()
    }

    private func readMore() {
        switch self.state {
        case .awaiting: if self.isWritable { self.read() }
        case .lingering: self.read()
        case .exchanging(let session):
            if !self.requestEnded, session.wantsBody {
                self.readTimer.stage(ReadStage.body, in: min(self.limits.bodyIdleTime, self.pace.wait(at: .now())))
                self.read()
            } else {
                self.readTimer.clearStage()
                // One more read may stay open: taking it back and asking anew would be two system calls for each exchange. What
                // it brings waits in `parts`, or in the parser if it makes none, and nothing follows it.
                if self.requestEnded, self.parts.isEmpty, !self.isHeadBegun { self.read() }
            }
        case .closing, .closed: break
        }
    }

    /// Works off what was read, in order, as far as it can be worked off now.
    private func process() {
        // An answer that ends at once comes back here; the loop goes on instead of the stack growing.
        guard !self.isProcessing else { return }
        self.isProcessing = true
        defer { self.isProcessing = false }
        while self.processNext() {}
        if case .exchanging(let session) = self.state { session.readCompleted() }
    }

    private func processNext() -> Bool {
        switch self.state {
        case .awaiting:
            // A client that sends requests and reads no answers must not make the answers pile up.
            guard self.isWritable else { return false }
            guard let part = self.parts.popFirst() else {
                if let failure = self.readFailure { self.refuse(failure) }
                return false
            }
            // A body or an end here is what is left of a request that was refused.
            if case .head(let head) = part { self.begin(head) }
            return true
        case .exchanging(let session):
            guard !self.requestEnded else { return false }
            guard let part = self.parts.popFirst() else {
                // If nobody wants the rest of the body, nobody minds that it is broken.
                if let failure = self.readFailure, session.isReadingBody { session.fail(failure) }
                return false
            }
            self.deliver(part, to: session)
            return true
        case .lingering:
            let isOver =
                self.lingered > self.limits.lingerBytes
                || self.parts.contains { if case .end = $0 { true } else { false } }
            self.parts.removeAll()
            if isOver { self.closeWhenFlushed() }
            return false
        case .closing, .closed:
            return false
        }
    }

    private func deliver(_ part: HTTPServerRequestPart, to session: ProxySession) {
        switch part {
        case .head:
            // The parser ends a request before it begins the next.
            break
        case .body(let chunk):
            self.pace.receive(bytes: chunk.readableBytes, at: .now())
            session.receive(chunk)
        case .end:
            self.endRequest()
            session.receiveEnd()
        }
    }

    private func endRequest() {
        self.requestEnded = true
        self.readTimer.clearStage()
        self.readTimer.clearTotal()
    }

    // MARK: Requests

    private func begin(_ head: HTTPRequestHead) {
        self.worker.metrics.heads.add(1)
        self.prepare(head)
        do {
            let request = try HeaderHygiene.check(head, limits: self.limits)
            self.mayKeepAlive = request.isKeepAlive
            let client = self.peer.client(of: head, requestID: self.requestID, version: self.version)
            let session = ProxySession(request: request, client: client, worker: self.worker, stream: self)
            self.state = .exchanging(session)
            session.start()
        } catch {
            self.refuse(error)
        }
    }

    /// Forgets the exchange before.
    private func prepare(_ head: HTTPRequestHead?) {
        self.requestID = self.worker.requestIDs.next()
        self.method = head?.method ?? .GET
        self.version = head?.version ?? .http1_1
        self.requestEnded = false
        self.pace = self.limits.bodyPace
        self.isHeadBegun = false
        self.mayKeepAlive = false
        self.willClose = false
        self.readTimer.clearStage()
    }

    /// Answers a request that does not get as far as a session, and closes: where the next one begins is not certain.
    private func refuse(_ error: ProxyError) {
        if case .awaiting = self.state, self.readFailure != nil { self.prepare(nil) }
        self.worker.metrics.countError(error.code)
        self.worker.metrics.countResponse(error.status)
        if self.readFailure == nil { self.bodyUnwanted() }
        let reply = ErrorReply.make(error)
        guard case .bytes(let body) = reply.body else { return }
        var head = HTTPResponseHead(version: .http1_1, status: reply.status, headers: reply.headers)
        head.headers.add(name: "x-request-id", value: self.requestID)
        self.send(head, length: body.readableBytes, closes: true)
        self.send(body)
        self.end()
    }

    /// What the parser found wrong; nil where the connection itself failed.
    private func reason(for error: any Error) -> ProxyError? {
        switch error {
        case HTTPParserError.headerOverflow, is ByteToMessageDecoderError.PayloadTooLargeError:
            return .headersTooLarge(self.limits)
        case HTTPParserError.invalidVersion: return .versionNotSupported
        case is HTTPParserError: return .malformedRequest
        default: return nil
        }
    }

    // MARK: Timeouts

    private func readTimedOut() {
        switch self.state {
        case .awaiting:
            if self.isHeadBegun {
                self.readFailure = .headerTimeout
                self.process()
            } else {
                self.worker.metrics.countError(ProxyError.connectionIdle.code)
                self.closeWhenFlushed()
            }
        case .exchanging(let session):
            session.fail(.bodyTimeout)
        case .lingering:
            self.closeWhenFlushed()
        case .closing, .closed:
            break
        }
    }

    private func timeWriting() {
        _ = self.progress.hasAdvanced(waiting: self.waitingBytes)
        self.writeTimer.stage(WriteStage.stall, in: self.limits.writeStallTime)
    }

    /// Bytes that wait for the client to take what was sent before.
    private var waitingBytes: Int {
        (try? self.context?.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    }

    private func writeTimedOut() {
        if self.progress.hasAdvanced(waiting: self.waitingBytes) {
            return self.writeTimer.stage(WriteStage.stall, in: self.limits.writeStallTime)
        }
        // An exchange under way counts it itself.
        if case .exchanging = self.state {} else { self.worker.metrics.countError(ProxyError.clientWriteTimeout.code) }
        self.hangUp(.clientWriteTimeout)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        let isWritable = context.channel.isWritable
        if isWritable {
            if case .closing = self.state {} else { self.writeTimer.clearStage() }
        } else {
            self.timeWriting()
        }
        switch self.state {
        case .exchanging(let session):
            session.clientWritabilityChanged(isWritable)
        case .awaiting where isWritable:
            self.process()
            self.readMore()
        case .awaiting, .lingering, .closing, .closed:
            break
        }
        context.fireChannelWritabilityChanged()
    }
}

// MARK: - The answer

extension ClientConnection: ClientStream {
    var isWritable: Bool { self.context?.channel.isWritable ?? false }

    func sendContinue() {
        // A client that has begun to send does not wait.
        guard self.parts.isEmpty else { return }
        self.unsent.writeStaticString(HTTP1Answer.goOn)
        self.flush()
    }

    func send(_ head: HTTPResponseHead, length: Int?, closes: Bool) {
        self.framing = ResponseFraming(method: self.method, version: self.version, status: head.status, length: length)
        self.willClose =
            closes || !self.mayKeepAlive || !self.requestEnded || self.worker.isDraining
            || self.framing == .untilClose
        self.isUnfinished = self.framing == .untilClose
        // Room for the short answer that often follows.
        self.unsent.reserveCapacity(minimumWritableBytes: 1024 + min(length ?? 0, Self.smallBody))
        HTTP1Answer.write(head, framing: self.framing, closes: self.willClose, to: &self.unsent)
    }

    func send(_ chunk: ByteBuffer) {
        guard self.framing.hasBody, chunk.readableBytes > 0 else { return }
        if self.framing == .chunked { HTTP1Answer.beginChunk(of: chunk.readableBytes, to: &self.unsent) }
        if self.unsent.readableBytes + chunk.readableBytes <= Self.smallBody {
            self.unsent.writeImmutableBuffer(chunk)
        } else {
            self.writeUnsent()
            self.write(chunk)
        }
        if self.framing == .chunked { self.unsent.writeStaticString(HTTP1Answer.chunkEnd) }
    }

    func flush() {
        self.writeUnsent()
        self.context?.flush()
    }

    func end() {
        if self.framing == .chunked { self.unsent.writeStaticString(HTTP1Answer.lastChunk) }
        self.flush()
        // A drain that began after the head went out ends the connection too, once nothing waits for an answer.
        let isLast = self.worker.isDraining && self.parts.isEmpty
        if !self.willClose, !isLast {
            self.awaitNext()
        } else if self.requestEnded, self.readFailure == nil, !self.isHeadBegun {
            self.closeWhenFlushed()
        } else {
            self.linger()
        }
    }

    func truncate() {
        self.flush()
        self.closeWhenFlushed(isWhole: false)
    }

    func bodyWanted() {
        // What is already here goes first; the read that brought it ends with another look at what is wanted.
        guard !self.isProcessing else { return }
        self.process()
        self.readMore()
    }

    func bodyUnwanted() {
        // What is already here need not cost the connection: often the whole body came with the head.
        while !self.requestEnded, let part = self.parts.first {
            if case .head = part { break }
            self.parts.removeFirst()
            if case .end = part { self.endRequest() }
        }
    }

    // MARK: Inside

    private func write(_ bytes: ByteBuffer) {
        self.progress.wrote(bytes.readableBytes)
        self.context?.write(Self.wrapOutboundOut(bytes), promise: nil)
    }

    private func writeUnsent() {
        guard self.unsent.readableBytes > 0 else { return }
        let bytes = self.unsent
        // An idle connection keeps no memory for answers.
        self.unsent = ByteBuffer()
        self.write(bytes)
    }

    private func awaitNext() {
        self.queuedHeads -= 1
        self.state = .awaiting
        self.readTimer.clearTotal()
        // It may have come with the request before.
        if self.boundary.isWithinHead { self.isHeadBegun = true }
        if self.isHeadBegun {
            self.readTimer.stage(ReadStage.head, in: self.limits.headerTime)
        } else {
            self.readTimer.stage(ReadStage.idle, in: self.limits.idleTime)
        }
        if self.isProcessing { return }
        self.process()
        self.readMore()
    }

    private func linger() {
        self.state = .lingering
        self.lingered = 0
        self.readTimer.total(in: self.limits.bodyTime)
        self.readTimer.stage(ReadStage.linger, in: self.limits.lingerTime)
        // Asked for first: what is written to a closed output does not tell when the rest is out.
        self.outputFlushed = self.context.map(self.whenFlushed)
        // Tells the client that nothing more comes, so that it closes rather than sends on.
        self.context?.close(mode: .output, promise: nil)
        if self.isProcessing { return }
        self.process()
        self.readMore()
    }

    /// Closes when all that was written has gone out, or when the client does not take it in time.
    ///
    /// - Parameter isWhole: whether the answer ends with what was written.
    private func closeWhenFlushed(isWhole: Bool = true) {
        guard let context = self.context else { return }
        self.state = .closing
        self.readTimer.stop()
        let flushed = self.outputFlushed ?? self.whenFlushed(context)
        self.timeWriting()
        flushed.assumeIsolated().whenComplete { result in
            if isWhole, case .success = result { self.isUnfinished = false }
            self.hangUp(.clientWentAway)
        }
    }

    private func whenFlushed(_ context: ChannelHandlerContext) -> EventLoopFuture<Void> {
        let flushed = context.eventLoop.makePromise(of: Void.self)
        self.writeUnsent()
        context.writeAndFlush(Self.wrapOutboundOut(ByteBuffer()), promise: flushed)
        return flushed.futureResult
    }
}

@available(*, unavailable)
extension ClientConnection: Sendable {}
