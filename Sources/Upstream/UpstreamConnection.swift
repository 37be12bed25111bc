import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOTLS

/// The last handler of a connection to an upstream: one exchange at a time, HTTP/1.1; or of a stream of a shared connection, for
/// one exchange alone.
///
/// Reading is by demand only. While the connection is idle a read stays outstanding, so that a close or a byte nobody
/// asked for is noticed at once: an answer that comes before its question would otherwise be taken for the answer to
/// the next one. `ResponseTap` sees what the parser would keep to itself.
final class UpstreamConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private enum State {
        case opening
        case idle
        case leased(UpstreamExchange)
        /// The answer has ended; the connection is given back when the read that brought its end is done, because a
        /// surplus byte in the same read makes it unfit for another exchange.
        case settling
        case closed
    }

    let id: PoolStateMachine.ConnectionID
    /// Exchanges begun on it so far.
    private(set) var uses = 0

    private weak var pool: ConnectionPool?
    /// Whether a handshake has to be waited for.
    private let isTLS: Bool
    /// Whether it is a stream of a shared connection.
    let isStream: Bool
    /// What it is a stream of.
    private weak var shared: SharedConnection?
    private let opened: EventLoopPromise<Void>
    private let connectTimeout: TimeAmount
    private var state = State.opening
    private var turn = Turn()
    private var begunAt = NIODeadline.distantPast
    /// A byte came since the exchange began.
    private var hasHeard = false
    /// The end of the request has been written, and not only handed over.
    private var isRequestOut = false
    private var context: ChannelHandlerContext?
    private let idleTimer: StageTimer
    private let idleTime: TimeAmount
    /// When it is too old for another exchange.
    private let retiresAt: NIODeadline

    /// - Parameter shared: the connection in HTTP/2 that it is a stream of, if it is one.
    init(id: PoolStateMachine.ConnectionID, pool: ConnectionPool, streamOf shared: SharedConnection? = nil) {
        self.id = id
        self.pool = pool
        self.isTLS = pool.peer.scheme == .https && shared == nil
        self.isStream = shared != nil
        self.shared = shared
        self.connectTimeout = pool.peer.timeouts.connect
        self.opened = pool.eventLoop.makePromise()
        self.idleTimer = StageTimer(eventLoop: pool.eventLoop)
        self.idleTime = pool.peer.limits.idleTime
        // Those that were opened together do not all end together.
        let age = pool.peer.limits.connectionAge.nanoseconds
        self.retiresAt = .now() + .nanoseconds(age - .random(in: 0...max(0, age / 10)))
    }

    // MARK: Called by the pool and the exchange

    /// Succeeds when requests can be written: after the TLS handshake if there is one.
    var whenOpened: EventLoopFuture<Void> { self.opened.futureResult }
    var isWritable: Bool { self.context?.channel.isWritable ?? false }
    var isActive: Bool { self.context?.channel.isActive ?? false }

    func begin(_ exchange: UpstreamExchange, at now: NIODeadline = .now()) {
        self.uses += 1
        self.begunAt = now
        self.idleTimer.clearStage()
        self.turn = Turn()
        self.hasHeard = false
        self.state = .leased(exchange)
    }

    func write(_ part: HTTPClientRequestPart, flush: Bool) {
        guard let context = self.context else { return }
        context.write(Self.wrapOutboundOut(part), promise: nil)
        if flush { context.flush() }
    }

    func flush() {
        self.context?.flush()
    }

    func endRequest() {
        self.turn.requestEnded = true
        guard self.isStream, let context = self.context else { return self.write(.end(nil), flush: true) }
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { [weak self] result in
            switch result {
            case .success: self?.isRequestOut = true
            case .failure(let error): self?.notBegun(error)
            }
        }
        context.writeAndFlush(Self.wrapOutboundOut(.end(nil)), promise: written)
    }

    func read() {
        self.context?.read()
    }

    /// The exchange is over before its answer is: the connection is of no further use.
    func abandon() {
        // While the stream is still open, so that it is not the connection's last.
        if case .leased = self.state { self.shared?.callsOff() }
        self.close()
    }

    /// The peer let the exchange wait for too long. Nobody knows whether it is there at all, so its connection gets no more
    /// streams.
    func retire() {
        self.shared?.end()
    }

    /// It is kept open without use from now on.
    func timeIdleness() {
        self.idleTimer.stage(in: self.idleTime)
    }

    func close() {
        self.settle(nil)
        self.context?.close(promise: nil)
    }

    // MARK: Lifecycle

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        self.idleTimer.onExpiry = { [weak self] _ in
            guard let self else { return }
            self.pool?.idleLimitReached(self)
        }
        // Anything else is ready as soon as it is active, for which whoever opens it has a limit.
        if self.isTLS {
            context.eventLoop.assumeIsolated().scheduleTask(in: self.connectTimeout) { [weak self] in
                guard let self, case .opening = self.state else { return }
                self.settle(UpstreamError(.connectTimeout))
                self.context?.close(promise: nil)
            }
        }
        if context.channel.isActive { self.becameActive(context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.settle(UpstreamError(.closedEarly, detail: "the connection was torn down"))
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        self.becameActive(context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.settle(UpstreamError(.closedEarly, detail: "the upstream closed the connection"))
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .some(.handshakeCompleted) = event as? TLSUserEvent {
            self.becameReady()
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.settle(self.reason(for: error), isRefused: self.isRefusal(error))
        context.close(promise: nil)
    }

    /// How soon after a request was begun the end of its connection is the peer's idle limit, and not the request's doing.
    private static let staleTime = TimeAmount.seconds(2)

    /// Whether the end of the connection looks like a peer's idle limit that ran out just as the request was written. A peer that was
    /// quiet for longer may have worked on the request.
    func isStale(at now: NIODeadline = .now()) -> Bool {
        !self.isStream && self.uses > 1 && !self.hasHeard && now < self.begunAt + Self.staleTime
    }

    // MARK: Called by the tap

    /// The answer has ended, and the connection would do for another exchange.
    var isBetweenAnswers: Bool {
        if case .settling = self.state { self.turn.isReusable } else { false }
    }

    /// Bytes came. False if nobody asked for them: then they are nobody's, and the connection is closed.
    func sawBytes() -> Bool {
        if case .idle = self.state {
            self.close()
            return false
        }
        self.hasHeard = true
        return true
    }

    // MARK: Inbound

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .leased(let exchange) = self.state else {
            return self.close()
        }
        switch Self.unwrapInboundIn(data) {
        case .head(let head):
            // Interim answers are not passed on: the one that counts follows (RFC 9110, 15.2).
            if (100..<200).contains(head.status.code), head.status.code != 101 { return }
            if let fault = self.turn.accept(head) ?? self.excess(in: head) {
                self.settle(UpstreamError(.badResponse, detail: fault))
                context.close(promise: nil)
            } else {
                exchange.received(head)
            }
        case .body(let chunk):
            exchange.received(chunk)
        case .end:
            self.turn.responseEnded = true
            self.state = .settling
            exchange.receivedEnd()
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        switch self.state {
        case .settling:
            if self.isStream, self.isRequestOut {
                // Both sides have ended it, so that it closes by itself. A reset would be counted as work that was begun and
                // called off, which peers put up with only so often.
                self.settle(nil)
            } else if self.turn.isReusable, !self.isStream, context.channel.isActive, .now() < self.retiresAt {
                self.becomeIdle()
            } else {
                self.shared?.callsOff()
                self.close()
            }
        case .leased(let exchange):
            exchange.readCompleted()
        case .opening, .idle, .closed:
            break
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if case .leased(let exchange) = self.state {
            exchange.writabilityChanged(context.channel.isWritable)
        }
        context.fireChannelWritabilityChanged()
    }

    // MARK: Inside

    /// What is too much of a head that did not come through a parser with limits of its own.
    private func excess(in head: HTTPResponseHead) -> String? {
        guard self.isStream, let limits = self.pool?.peer.limits else { return nil }
        let bytes = head.headers.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count }
        return head.headers.count > limits.headerCount || bytes > limits.headerBytes ? "has too many fields" : nil
    }

    private func becameActive(_ context: ChannelHandlerContext) {
        if self.isTLS {
            context.read()
        } else {
            self.becameReady()
        }
    }

    private func becameReady() {
        guard case .opening = self.state else { return }
        self.state = .idle
        self.opened.succeed(())
    }

    private func becomeIdle() {
        self.state = .idle
        // Before the pool learns of it: the pool may lease the connection at once.
        self.read()
        self.pool?.released(self)
    }

    /// Tells whoever waits for the connection that it is gone. Only the first call does anything.
    ///
    /// - Parameter isRefused: the peer said that it did nothing about the request.
    private func settle(_ error: UpstreamError?, isRefused: Bool = false) {
        let state = self.state
        self.state = .closed
        self.idleTimer.stop()
        switch state {
        case .opening:
            self.opened.fail(error ?? UpstreamError(.unreachable, detail: "given up"))
        case .leased(let exchange):
            self.pool?.closed(self)
            if let error {
                exchange.connectionFailed(error, isUntouched: isRefused || self.isStale())
            }
        case .idle, .settling:
            self.pool?.closed(self)
        case .closed:
            break
        }
    }

    /// The peer had said that it goes away before the head was written: there is no such stream, and no other sign of it.
    ///
    /// - Parameter error: why the request could not be written.
    private func notBegun(_ error: any Error) {
        guard error is NIOHTTP2Errors.CreatedStreamAfterGoaway || error is NIOHTTP2Errors.NoSuchStream else { return }
        // The exchange is still busy writing.
        self.context?.eventLoop.assumeIsolated().execute { [weak self] in
            self?.settle(UpstreamError(.closedEarly, detail: String(describing: error)), isRefused: true)
            self?.context?.close(promise: nil)
        }
    }

    /// Whether the peer says that a stream was not begun with, by RST_STREAM or GOAWAY (RFC 9113, 8.7).
    private func isRefusal(_ error: any Error) -> Bool {
        guard let error = error as? NIOHTTP2Errors.StreamClosed else { return false }
        return error.errorCode == .refusedStream || self.shared?.leavesOut(error.streamID) ?? false
    }

    private func reason(for error: any Error) -> UpstreamError {
        let detail = String(describing: error)
        if case .opening = self.state {
            return self.isTLS ? UpstreamError(inHandshake: error) : UpstreamError(.unreachable, detail: detail)
        }
        if let error = error as? HTTPParserError {
            return UpstreamError(error == .invalidEOFState ? .closedEarly : .badResponse, detail: detail)
        }
        if error is NIOHTTPDecoderError || error is ByteToMessageDecoderError.PayloadTooLargeError {
            return UpstreamError(.badResponse, detail: detail)
        }
        if error is any NIOHTTP2Error, !(error is NIOHTTP2Errors.StreamClosed) {
            return UpstreamError(.badResponse, detail: detail)
        }
        return UpstreamError(.closedEarly, detail: detail)
    }
}

@available(*, unavailable)
extension UpstreamConnection: Sendable {}
