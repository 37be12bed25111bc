import NIOCore

/// Sends everything back.
final class Echo: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let errors: ErrorCollection
    private let closesAfterFirst: Bool
    private var hasAnswered = false

    /// - Parameter closesAfterFirst: close the connection once something was sent back.
    init(_ errors: ErrorCollection, closesAfterFirst: Bool = false) {
        self.errors = errors
        self.closesAfterFirst = closesAfterFirst
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.hasAnswered = true
        context.write(data, promise: nil)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.flush()
        if self.closesAfterFirst, self.hasAnswered { context.close(promise: nil) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .inputClosed? = event as? ChannelEvent { context.close(mode: .output, promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.errors.append(error)
    }
}
