import NIOCore
import NIOHTTP1
import NIOTLS

/// The last handler of a connection to an upstream: one exchange at a time, HTTP/1.1.
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
    private let isTLS: Bool
    private let opened: EventLoopPromise<Void>
    private let connectTimeout: TimeAmount
    private var state = State.opening
    private var turn = Turn()
    private var context: ChannelHandlerContext?

    init(id: PoolStateMachine.ConnectionID, pool: ConnectionPool) {
        self.id = id
        self.pool = pool
        self.isTLS = pool.peer.scheme == .https
        self.connectTimeout = pool.peer.timeouts.connect
        self.opened = pool.eventLoop.makePromise()
    }

    // MARK: Called by the pool and the exchange

    /// Succeeds when requests can be written: after the TLS handshake if there is one.
    var whenOpened: EventLoopFuture<Void> { self.opened.futureResult }
    var isWritable: Bool { self.context?.channel.isWritable ?? false }
    var isActive: Bool { self.context?.channel.isActive ?? false }

    func begin(_ exchange: UpstreamExchange) {
        self.uses += 1
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

    func close() {
        self.settle(nil)
        self.context?.close(promise: nil)
    }

    // MARK: Lifecycle

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        context.eventLoop.assumeIsolated().scheduleTask(in: self.connectTimeout) { [weak self] in
            guard let self, case .opening = self.state else { return }
            self.settle(UpstreamError(.connectTimeout))
            self.context?.close(promise: nil)
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
            if let fault = self.turn.accept(head) {
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
            if self.turn.isReusable, context.channel.isActive {
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
        switch state {
        case .opening:
            self.opened.fail(error ?? UpstreamError(.unreachable, detail: "given up"))
        case .leased(let exchange):
            self.pool?.closed(self)
            if let error {
                exchange.connectionFailed(error, wasReused: self.uses > 1)
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
        return UpstreamError(.closedEarly, detail: detail)
    }
}

@available(*, unavailable)
extension UpstreamConnection: Sendable {}
