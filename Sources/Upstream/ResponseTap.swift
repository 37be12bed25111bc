import NIOCore

/// Sees the bytes of an HTTP/1.1 connection before the parser, which keeps to itself a head that has only begun.
///
/// Half a head that nobody asked for must not wait there: its other half would make it the answer to the next request. What
/// comes between two exchanges closes the connection. What stands behind the end of an answer, in the same read, is
/// brought to light by an empty line: between two messages the parser passes over it (RFC 9112, 2.2), within a head it
/// ends or breaks the head, and either is noticed.
final class ResponseTap: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private static let probe = ByteBuffer(string: "\r\n\r\n")

    private let connection: UpstreamConnection

    init(_ connection: UpstreamConnection) {
        self.connection = connection
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard self.connection.sawBytes() else { return }
        context.fireChannelRead(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if self.connection.isBetweenAnswers { context.fireChannelRead(Self.wrapInboundOut(Self.probe)) }
        context.fireChannelReadComplete()
    }
}

@available(*, unavailable)
extension ResponseTap: Sendable {}
