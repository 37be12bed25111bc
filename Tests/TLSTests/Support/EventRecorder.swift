import NIOCore
import NIOTLS
import TLS

/// Sits behind a TLS handler and writes down what arrives. Errors end here.
final class EventRecorder: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    enum Event: Equatable {
        case active, inactive, readComplete, inputClosed, shutdownCompleted
        case handshake(protocol: String?)
        case data(bytes: Int)
    }

    var events: [Event] = []
    var errors: [any Error] = []
    var received = ByteBuffer()
    /// Asks for data whenever the channel is active or has finished a read.
    var readsAutomatically = false
    /// Called with each buffer.
    var onRead: ((ChannelHandlerContext, ByteBuffer) -> Void)?
    /// Called when the handshake is complete.
    var onHandshake: ((ChannelHandlerContext) -> Void)?

    var tlsErrors: [TLSError] { self.errors.compactMap { $0 as? TLSError } }
    var text: String { String(buffer: self.received) }
    var isHandshakeComplete: Bool {
        self.events.contains { if case .handshake = $0 { true } else { false } }
    }

    func channelActive(context: ChannelHandlerContext) {
        self.events.append(.active)
        context.fireChannelActive()
        if self.readsAutomatically { context.read() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.events.append(.inactive)
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = self.unwrapInboundIn(data)
        self.events.append(.data(bytes: buffer.readableBytes))
        self.received.writeImmutableBuffer(buffer)
        self.onRead?(context, buffer)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        self.events.append(.readComplete)
        context.fireChannelReadComplete()
        if self.readsAutomatically { context.read() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case let event as TLSUserEvent:
            switch event {
            case .handshakeCompleted(let name):
                self.events.append(.handshake(protocol: name))
                self.onHandshake?(context)
            case .shutdownCompleted:
                self.events.append(.shutdownCompleted)
            }
        case ChannelEvent.inputClosed as ChannelEvent:
            self.events.append(.inputClosed)
        default:
            break
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.errors.append(error)
    }
}
