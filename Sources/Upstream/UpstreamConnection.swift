import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOTLS

/// The last handler of a connection to an upstream: one exchange at a time, HTTP/1.1; or of a stream of a shared connection, for
/// one exchange alone.
///
/// Reading is by demand only. While the connection is idle a read stays outstanding, so that a close or a byte nobody
/// asked for is noticed at once: an answer that comes before its question would otherwise be taken for the answer to
/// the next one.
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
    private let isStream: Bool
    private let opened: EventLoopPromise<Void>
    private let connectTimeout: TimeAmount
    private var state = State.opening
    private var turn = Turn()
    private var context: ChannelHandlerContext?
    private let idleTimer: StageTimer
    private let idleTime: TimeAmount
    /// When it is too old for another exchange.
    private let retiresAt: NIODeadline

    init(id: PoolStateMachine.ConnectionID, pool: ConnectionPool, isStream: Bool = false) {
        self.id = id
        self.pool = pool
        self.isTLS = pool.peer.scheme == .https && !isStream
        self.isStream = isStream
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

    func begin(_ exchange: UpstreamExchange) {
        self.uses += 1
        self.idleTimer.clearStage()
        self.turn = Turn()
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
        self.write(.end(nil), flush: true)
    }

    func read() {
        self.context?.read()
    }

    /// The exchange is over before its answer is: the connection is of no further use.
    func abandon() {
        self.close()
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
        self.settle(self.reason(for: error))
        context.close(promise: nil)
    }

    // MARK: Inbound

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .leased(let exchange) = self.state else {
            return self.close()
        }
        switch Self.unwrapInboundIn(data) {
        case .head(let head):
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
            if self.turn.isReusable, !self.isStream, context.channel.isActive, .now() < self.retiresAt {
                self.becomeIdle()
            } else {
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
    private func settle(_ error: UpstreamError?) {
        let state = self.state
        self.state = .closed
        self.idleTimer.stop()
        switch state {
        case .opening:
            self.opened.fail(error ?? UpstreamError(.unreachable, detail: "given up"))
        case .leased(let exchange):
            self.pool?.closed(self)
            if let error {
                exchange.connectionFailed(error, wasReused: self.uses > 1 || self.isStream)
            }
        case .idle, .settling:
            self.pool?.closed(self)
        case .closed:
            break
        }
    }

    private func reason(for error: any Error) -> UpstreamError {
        let detail = String(describing: error)
        if case .opening = self.state {
            return UpstreamError(self.isTLS ? .tlsFailed : .unreachable, detail: detail)
        }
        if let error = error as? HTTPParserError {
            return UpstreamError(error == .invalidEOFState ? .closedEarly : .badResponse, detail: detail)
        }
        if error is NIOHTTPDecoderError {
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
