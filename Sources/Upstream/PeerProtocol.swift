import NIOCore
import NIOHTTP1
import NIOTLS
import TLS

/// Waits for the end of a TLS handshake with a peer, and gives the connection the handlers of the protocol that was agreed on.
final class PeerProtocol: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private let isAlways: Bool
    /// Adds the handlers.
    private let choose: (any Channel, Bool) throws -> Void
    private let chosen: EventLoopPromise<Void>

    /// - Parameters:
    ///   - isAlways: HTTP/2 whatever was agreed on.
    ///   - chosen: succeeds when the handlers are there.
    init(isAlways: Bool, chosen: EventLoopPromise<Void>, choose: @escaping (any Channel, Bool) throws -> Void) {
        self.isAlways = isAlways
        self.chosen = chosen
        self.choose = choose
    }

    /// Succeeds when the handlers are there.
    var whenChosen: EventLoopFuture<Void> { self.chosen.futureResult }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.chosen.fail(UpstreamError(.tlsFailed, detail: "the connection was torn down"))
    }

    func channelActive(context: ChannelHandlerContext) {
        // The answer to the handshake is waited for whoever comes after.
        context.read()
        context.fireChannelActive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case .some(.handshakeCompleted(let name)) = event as? TLSUserEvent else {
            return context.fireUserInboundEventTriggered(event)
        }
        do {
            try self.choose(context.channel, self.isAlways || name == "h2")
            self.chosen.succeed()
            context.fireUserInboundEventTriggered(event)
            context.pipeline.syncOperations.removeHandler(self, promise: nil)
        } catch {
            self.chosen.fail(error)
            context.close(promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.chosen.fail(UpstreamError(inHandshake: error))
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.chosen.fail(UpstreamError(.tlsFailed, detail: "the peer closed the connection in the handshake"))
        context.fireChannelInactive()
    }
}

@available(*, unavailable)
extension PeerProtocol: Sendable {}

extension UpstreamError {
    /// What an error in a TLS handshake means to whoever waits for the connection.
    init(inHandshake error: any Error) {
        let detail = String(describing: error)
        if case .some(.handshakeTimedOut) = error as? TLSError {
            self.init(.connectTimeout, detail: detail)
        } else {
            self.init(.tlsFailed, detail: detail)
        }
    }
}
