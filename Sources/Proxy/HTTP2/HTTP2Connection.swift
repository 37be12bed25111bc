import Logging
import NIOCore
import NIOHTTP2
import TLS
import Upstream

/// The last handler of a client's HTTP/2 connection: what concerns no single stream.
///
/// It closes a connection that nobody uses, lets one that drains end by itself, and decides which errors end the
/// connection and which only their stream.
final class HTTP2Connection: ChannelInboundHandler, WorkerConnection {
    typealias InboundIn = HTTP2Frame

    private enum Stage: UInt8 {
        /// No stream is open.
        case idle
        /// GOAWAY is out, no stream is open, and the client has not closed yet.
        case linger
    }

    let worker: ProxyWorker
    let peer: ConnectionPeer
    let bufferAccount = BufferAccount()
    /// Closes the connection when the client has taken what was written.
    private let tls: TLSHandler
    private let timer: StageTimer
    private var context: ChannelHandlerContext?
    private var openStreams = 0
    private var isEnding = false
    /// The proxy closed the connection for reasons of its own.
    private(set) var isCut = false

    init(worker: ProxyWorker, peer: ConnectionPeer, tls: TLSHandler) {
        self.worker = worker
        self.peer = peer
        self.tls = tls
        self.timer = StageTimer(eventLoop: worker.eventLoop)
    }

    private var limits: ProxyLimits { self.worker.configuration.limits }

    // MARK: Lifecycle

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        self.worker.add(self)
        self.timer.onExpiry = { [weak self] expiry in self?.expired(expiry) }
        // The first request has as long as a head of HTTP/1 has: the clock is not moved by frames that ask nothing.
        self.timer.stage(Stage.idle, in: self.limits.headerTime)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.timer.stop()
        self.context = nil
        self.worker.remove(self)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.timer.stop()
        self.worker.remove(self)
        context.fireChannelInactive()
    }

    /// Frames of the connection itself have been dealt with when they come here.
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {}

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let failure = HTTP2Failure(error) else { return }
        if failure.isFlood {
            self.worker.metrics.countError(ProxyError.http2Flood.code)
        } else if failure.isProtocolError {
            self.worker.metrics.countError(ProxyError.http2ProtocolError.code)
        }
        self.worker.logger.debug("A client's HTTP/2 connection failed", metadata: ["error": "\(error)"])
        guard failure.endsConnection else { return }
        // Streams that are open end only with the connection, and a client that asks for too much is not waited for.
        if failure.isFlood || self.openStreams > 0 { self.tls.stallTimeout = .zero }
        context.close(promise: nil)
    }

    // MARK: Streams

    func streamOpened() {
        self.openStreams += 1
        self.timer.clearStage()
    }

    /// Whether a stream that was just opened is one too many. The frame handler counts them once the client has heard of the limit,
    /// which a client that never acknowledges settings could put off for ever.
    var hasTooManyStreams: Bool { self.openStreams > self.limits.concurrentStreams }

    func streamClosed() {
        self.openStreams -= 1
        if self.openStreams == 0 { self.becomeIdle() }
    }

    private func becomeIdle() {
        if self.isEnding {
            self.timer.stage(Stage.linger, in: self.limits.lingerTime)
        } else {
            self.timer.stage(Stage.idle, in: self.limits.idleTime)
        }
    }

    private func expired(_ expiry: StageTimer.Expiry) {
        if case .stage(Stage.idle.rawValue) = expiry {
            self.worker.metrics.countError(ProxyError.connectionIdle.code)
            self.drain()
        } else {
            // No cut: the last answer may still be on its way.
            self.context?.close(promise: nil)
        }
    }

    // MARK: Ending

    func drain() {
        guard !self.isEnding, let context = self.context else { return }
        self.isEnding = true
        if self.openStreams == 0 { self.timer.stage(Stage.linger, in: self.limits.lingerTime) }
        context.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
    }

    func cut() {
        self.isCut = true
        self.tls.stallTimeout = .zero
        self.context?.close(promise: nil)
    }
}

@available(*, unavailable)
extension HTTP2Connection: Sendable {}
