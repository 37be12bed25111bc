import NIOCore

/// Tells the connection that bytes came, before the parser has made anything of them: the clock for a head starts with
/// its first byte.
final class ByteTap: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let connection: ClientConnection

    init(_ connection: ClientConnection) {
        self.connection = connection
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.connection.sawBytes(Self.unwrapInboundIn(data).readableBytes)
        context.fireChannelRead(data)
    }
}

@available(*, unavailable)
extension ByteTap: Sendable {}
