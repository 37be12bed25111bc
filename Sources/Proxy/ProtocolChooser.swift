import Logging
import NIOCore
import NIOTLS
import TLS

/// Waits for the end of a TLS handshake, and gives the connection the handlers of the protocol that ALPN chose: HTTP/2
/// for `h2`, HTTP/1.1 for anything else and for a client that named nothing.
final class ProtocolChooser: ChannelInboundHandler, RemovableChannelHandler, WorkerConnection {
    typealias InboundIn = ByteBuffer

    private let worker: ProxyWorker
    private let peer: ConnectionPeer
    private var context: ChannelHandlerContext?

    init(worker: ProxyWorker, peer: ConnectionPeer) {
        self.worker = worker
        self.peer = peer
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        self.worker.add(self)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        self.worker.remove(self)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case .some(.handshakeCompleted(let name)) = event as? TLSUserEvent else {
            return context.fireUserInboundEventTriggered(event)
        }
        self.worker.metrics.handshakes.add(1)
        // Nothing was asked yet, so nothing is lost: a client takes this for any other end of an idle connection.
        if self.worker.isDraining { return context.close(promise: nil) }
        do {
            var peer = self.peer
            let tls = try context.pipeline.syncOperations.handler(type: TLSHandler.self)
            peer.hasCertificate = tls.session?.peerSubject != nil
            if name == "h2" {
                try HTTP2Pipeline.add(to: context.channel, peer: peer, worker: self.worker)
            } else {
                try HTTP1Pipeline.add(to: context.channel, peer: peer, worker: self.worker)
            }
            context.pipeline.syncOperations.removeHandler(self, promise: nil)
        } catch {
            self.worker.logger.error("A connection could not be set up", metadata: ["error": "\(error)"])
            context.close(promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A balancer that only asks whether somebody listens connects and leaves: that is no handshake.
        if self.isAwaited(context, error) {
            self.worker.metrics.failedHandshakes.add(1)
            self.worker.metrics.countError(ProxyError.tlsHandshakeFailed.code)
            self.worker.logger.debug("A TLS handshake failed", metadata: ["error": "\(error)"])
        }
        context.close(promise: nil)
    }

    /// Whether the client has begun with a handshake, or was waited for in vain.
    private func isAwaited(_ context: ChannelHandlerContext, _ error: any Error) -> Bool {
        if case .some(.handshakeTimedOut) = error as? TLSError { return true }
        let tls = try? context.pipeline.syncOperations.handler(type: TLSHandler.self)
        return tls?.hasHeardPeer ?? true
    }

    func drain() {
        self.cut()
    }

    func cut() {
        self.context?.close(promise: nil)
    }
}

@available(*, unavailable)
extension ProtocolChooser: Sendable {}
