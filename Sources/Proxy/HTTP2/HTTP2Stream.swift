import NIOCore
import NIOHPACK
import NIOHTTP1
import NIOHTTP2
import Upstream

/// The handler of one stream of an HTTP/2 connection: one request and its answer.
///
/// Reading is by demand, as on HTTP/1: a stream that is not read from gets no more window than it had, so a client is held
/// up stream by stream. That the client resets the stream is heard at once, read from or not.
final class HTTP2Stream: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias OutboundOut = HTTP2Frame.FramePayload

    private enum State {
        /// Next: exchanging, answered.
        case awaiting
        /// Next: answered, closed.
        case exchanging(ProxySession)
        /// The end of the answer is on its way. What the client still sends is read and dropped: left where it is, each of its frames
        /// takes memory, however small. Next: lingering, reset, closed.
        case answered
        /// The answer is out and the client still sends: the rest is read and dropped. A client that waits for window to send
        /// on, and looks at answers only then, would wait for ever if the stream were reset at once. Next: reset, closed.
        case lingering
        /// A reset is on its way. Next: closed.
        case reset
        case closed
    }

    private enum ReadStage: UInt8 {
        case body, linger
    }

    private enum WriteStage: UInt8 {
        case stall
    }

    private let connection: HTTP2Connection
    private let worker: ProxyWorker
    private let readTimer: StageTimer
    private let writeTimer: StageTimer
    private var context: ChannelHandlerContext?
    private var state = State.awaiting

    private let requestID: String
    private var method = HTTPMethod.GET
    private var requestEnded = false
    private var lingered = 0
    private var pace: BodyPace
    private var framing = ResponseFraming.none(told: nil)
    /// Bytes of the answer's body that the client's connection has taken, now and when the clock was last set.
    private var taken = (now: 0, before: 0)
    /// A piece of the answer that may turn out to be the last, which then ends the stream in the same frame.
    private var unsent: ByteBuffer?

    init(connection: HTTP2Connection) {
        self.connection = connection
        self.worker = connection.worker
        self.requestID = connection.worker.requestIDs.next()
        self.pace = connection.worker.configuration.limits.bodyPace
        self.readTimer = StageTimer(eventLoop: connection.worker.eventLoop)
        self.writeTimer = StageTimer(eventLoop: connection.worker.eventLoop)
    }

    private var limits: ProxyLimits { self.worker.configuration.limits }

    // MARK: Lifecycle

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        self.connection.streamOpened()
        self.readTimer.onExpiry = { [weak self] _ in self?.readTimedOut() }
        self.writeTimer.onExpiry = { [weak self] _ in self?.writeTimedOut() }
        if context.channel.isActive { context.read() }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.gone(.clientWentAway)
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        context.read()
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.gone(self.connection.isCut ? .shutDown : .clientWentAway)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.abandon(self.connection.isCut ? .shutDown : .clientWentAway)
    }

    private func gone(_ error: ProxyError) {
        let state = self.state
        if case .closed = state { return }
        self.state = .closed
        self.readTimer.stop()
        self.writeTimer.stop()
        self.unsent = nil
        if case .exchanging(let session) = state { session.leave(error) }
        self.connection.streamClosed()
    }

    /// Ends the stream where it is.
    private func abandon(_ error: ProxyError) {
        let context = self.context
        self.gone(error)
        // Sends RST_STREAM unless the stream has ended already.
        context?.close(promise: nil)
    }

    // MARK: The request

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch Self.unwrapInboundIn(data) {
        case .headers(let content):
            if case .awaiting = self.state {
                self.begin(content)
            } else if content.endStream {
                // Trailers: nobody asked for them, and they are not passed on.
                self.endRequest()
            }
        case .data(let content):
            guard case .byteBuffer(let chunk) = content.data else { return }
            self.pace.receive(bytes: chunk.readableBytes, at: .now())
            switch self.state {
            case .exchanging(let session) where chunk.readableBytes > 0: session.receive(chunk)
            case .answered, .lingering: self.lingered += chunk.readableBytes
            case .awaiting, .exchanging, .reset, .closed: break
            }
            if content.endStream { self.endRequest() }
        default:
            break
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if case .exchanging(let session) = self.state { session.readCompleted() }
        self.readMore()
    }

    private func readMore() {
        switch self.state {
        case .exchanging(let session) where !self.requestEnded && session.wantsBody:
            self.readTimer.stage(ReadStage.body, in: min(self.limits.bodyIdleTime, self.pace.wait(at: .now())))
            self.context?.read()
        case .lingering where !self.requestEnded:
            guard self.lingered <= self.limits.lingerBytes else { return self.reset(.noError) }
            self.readTimer.stage(ReadStage.linger, in: self.limits.lingerTime)
            self.context?.read()
        case .answered where !self.requestEnded:
            guard self.lingered <= self.limits.lingerBytes else { return self.reset(.cancel) }
            // The clock of the answer runs.
            self.readTimer.clearStage()
            self.context?.read()
        case .awaiting, .exchanging, .answered, .lingering, .reset, .closed:
            self.readTimer.clearStage()
        }
    }

    private func begin(_ content: HTTP2Frame.FramePayload.Headers) {
        self.worker.metrics.heads.add(1)
        self.requestEnded = content.endStream
        guard !self.connection.hasTooManyStreams else { return self.refuseStream() }
        do throws(ProxyError) {
            let head = try HTTP2Fields.request(content.headers, isWhole: content.endStream)
            self.method = head.method
            let request = try HeaderHygiene.check(head, limits: self.limits)
            let client = self.connection.peer.client(of: head, requestID: self.requestID, version: .http2)
            let session = ProxySession(request: request, client: client, worker: self.worker, stream: self)
            self.state = .exchanging(session)
            session.start()
            // A head that announces an empty body need not end the stream itself; the session does not wait for it.
            if content.endStream { session.receiveEnd() }
        } catch {
            self.refuse(error)
        }
    }

    private func endRequest() {
        self.requestEnded = true
        self.readTimer.clearStage()
        self.readTimer.clearTotal()
        if case .exchanging(let session) = self.state { session.receiveEnd() }
    }

    /// Answers a request that does not get as far as a session. The other streams of the connection go on.
    private func refuse(_ error: ProxyError) {
        self.worker.metrics.countError(error.code)
        self.worker.metrics.countResponse(error.status)
        let reply = ErrorReply.make(error)
        guard case .bytes(let body) = reply.body else { return }
        var head = HTTPResponseHead(version: .http1_1, status: reply.status, headers: reply.headers)
        head.headers.add(name: "x-request-id", value: self.requestID)
        self.send(head, length: body.readableBytes, closes: true)
        self.send(body)
        self.end()
    }

    /// Says that nothing was done, so that the client may ask again (RFC 9113, 5.1.2 and 8.7).
    private func refuseStream() {
        self.worker.metrics.countError(ProxyError.http2ProtocolError.code)
        self.state = .answered
        self.reset(.refusedStream)
    }

    // MARK: Timeouts

    private func readTimedOut() {
        switch self.state {
        case .exchanging(let session): session.fail(.bodyTimeout)
        case .lingering: self.reset(.noError)
        case .awaiting, .answered, .reset, .closed: break
        }
    }

    private func timeWriting() {
        self.taken.before = self.taken.now
        self.writeTimer.stage(WriteStage.stall, in: self.limits.writeStallTime)
    }

    private func writeTimedOut() {
        // A client that takes little at a time is slow, but there.
        if self.taken.now > self.taken.before { return self.timeWriting() }
        // An exchange under way counts it itself.
        if case .exchanging = self.state {} else { self.worker.metrics.countError(ProxyError.clientWriteTimeout.code) }
        self.abandon(.clientWriteTimeout)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        let isWritable = context.channel.isWritable
        if isWritable {
            if case .answered = self.state {} else { self.writeTimer.clearStage() }
        } else {
            self.timeWriting()
        }
        if case .exchanging(let session) = self.state { session.clientWritabilityChanged(isWritable) }
        context.fireChannelWritabilityChanged()
    }
}

// MARK: - The answer

extension HTTP2Stream: ClientStream {
    var bufferAccount: BufferAccount { self.connection.bufferAccount }

    var isWritable: Bool { self.context?.channel.isWritable ?? false }

    func sendContinue() {
        guard case .exchanging = self.state, !self.requestEnded else { return }
        self.write(.headers(.init(headers: [":status": "100"])))
        self.context?.flush()
    }

    func send(_ head: HTTPResponseHead, length: Int?, closes: Bool) {
        self.framing = ResponseFraming(method: self.method, version: .http1_1, status: head.status, length: length)
        let block = HTTP2Fields.response(head, framing: self.framing)
        self.write(.headers(.init(headers: block, endStream: !self.framing.hasBody)))
    }

    func send(_ chunk: ByteBuffer) {
        guard self.framing.hasBody, chunk.readableBytes > 0 else { return }
        self.sendUnsent()
        self.unsent = chunk
    }

    func flush() {
        self.sendUnsent()
        self.context?.flush()
    }

    func end() {
        guard self.framing.hasBody else { return self.finish(nil, code: .noError) }
        var last = self.unsent ?? ByteBuffer()
        self.unsent = nil
        self.writePieces(of: &last)
        self.finish(.data(.init(data: .byteBuffer(last), endStream: true)), code: .noError)
    }

    func truncate() {
        self.sendUnsent()
        // Behind what was written before, which a reset would overtake.
        self.requestEnded = false
        self.finish(.data(.init(data: .byteBuffer(ByteBuffer()))), code: .internalError)
    }

    func bodyWanted() {
        self.readMore()
    }

    func bodyUnwanted() {}

    // MARK: Inside

    private func sendUnsent() {
        guard var last = self.unsent else { return }
        self.unsent = nil
        self.writePieces(of: &last)
        self.writeData(last)
    }

    /// What is written of a body at a time: a frame of the size that every client takes (RFC 9113, 4.2). Of larger pieces it would
    /// not be known how much has been taken.
    private static let piece = 16 << 10

    /// Writes all but the last piece.
    private func writePieces(of chunk: inout ByteBuffer) {
        while chunk.readableBytes > Self.piece, let piece = chunk.readSlice(length: Self.piece) {
            self.writeData(piece)
        }
    }

    private func writeData(_ bytes: ByteBuffer) {
        guard let context = self.context else { return }
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenSuccess { [weak self] in self?.taken.now += bytes.readableBytes }
        context.write(Self.wrapOutboundOut(.data(.init(data: .byteBuffer(bytes)))), promise: written)
    }

    private func write(_ payload: HTTP2Frame.FramePayload) {
        self.context?.write(Self.wrapOutboundOut(payload), promise: nil)
    }

    /// Sends the last frame. If the client is not done sending, the rest of its request is dropped, up to a limit, and then the
    /// stream is reset (RFC 9113, 8.1); an answer that is broken off is reset at once.
    private func finish(_ last: HTTP2Frame.FramePayload?, code: HTTP2ErrorCode) {
        self.state = .answered
        self.readTimer.clearStage()
        self.readTimer.clearTotal()
        guard let context = self.context else { return }
        if let last, !self.requestEnded {
            let written = context.eventLoop.makePromise(of: Void.self)
            context.writeAndFlush(Self.wrapOutboundOut(last), promise: written)
            written.futureResult.assumeIsolated().whenComplete { [weak self] _ in self?.settle(code) }
        } else if let last {
            context.writeAndFlush(Self.wrapOutboundOut(last), promise: nil)
        } else {
            context.flush()
            if !self.requestEnded { self.settle(code) }
        }
        // Unless all of it went out at once: a client that gives no window must not keep it here.
        if case .answered = self.state {
            self.timeWriting()
            self.readMore()
        }
    }

    /// The answer is out and the request is not at its end.
    private func settle(_ code: HTTP2ErrorCode) {
        guard code == .noError else { return self.reset(code) }
        guard case .answered = self.state else { return }
        self.state = .lingering
        self.writeTimer.clearStage()
        self.readTimer.total(in: self.limits.bodyTime)
        self.readMore()
    }

    private func reset(_ code: HTTP2ErrorCode) {
        switch self.state {
        case .answered, .lingering: break
        case .awaiting, .exchanging, .reset, .closed: return
        }
        self.state = .reset
        self.readTimer.stop()
        guard let context = self.context, context.channel.isActive else { return }
        context.writeAndFlush(Self.wrapOutboundOut(.rstStream(code)), promise: nil)
    }
}

@available(*, unavailable)
extension HTTP2Stream: Sendable {}
