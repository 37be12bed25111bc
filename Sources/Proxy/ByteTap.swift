import NIOCore

/// Tells the connection that bytes came, before the parser has made anything of them: the clock for a head starts with
/// its first byte. It gives the parser what came piece by piece, so that a head which has begun behind a request is known of.
final class ByteTap: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let connection: ClientConnection

    init(_ connection: ClientConnection) {
        self.connection = connection
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var rest = Self.unwrapInboundIn(data)
        self.connection.sawBytes(rest.readableBytes)
        // A parser that has failed takes no more.
        while rest.readableBytes > 0, !self.connection.isBroken {
            let wereChunks = self.connection.boundary.isInChunks
            guard let piece = rest.readSlice(length: self.connection.boundary.next(of: rest)) else { break }
            context.fireChannelRead(Self.wrapInboundOut(piece))
            self.connection.boundary.gave(piece, wereChunks: wereChunks)
        }
    }
}

@available(*, unavailable)
extension ByteTap: Sendable {}
