import NIOCore
import NIOHTTP1
import NIOPosix
import NIOTLS
import TLS

/// Opens connections through TLS to what is measured, where no tool of the system does what is wanted.
struct TLSCaller: Sendable {
    let group: MultiThreadedEventLoopGroup
    private let context: TLSContext

    /// - Parameter authority: a PEM file of whom to believe.
    init(group: MultiThreadedEventLoopGroup, authority: String) throws {
        self.group = group
        context = try .client(
            TLSClientConfiguration(
                trustRoots: .file(authority),
                serverName: "localhost",
                applicationProtocols: ["http/1.1"]
            )
        )
    }

    /// A connection whose handshake is complete.
    func connect(port: Int) async throws -> any Channel {
        try await channel(port: port) { channel, opened in
            try channel.pipeline.syncOperations.addHandler(HandshakeWait(opened))
        }
    }

    /// A connection that answers are read from.
    ///
    /// - Parameter receive: called on the event loop with each part; false closes the connection.
    func connect(
        port: Int,
        receive: @escaping @Sendable (HTTPClientResponsePart) -> Bool,
        closed: @escaping @Sendable () -> Void
    ) async throws -> any Channel {
        try await channel(port: port) { channel, opened in
            try channel.pipeline.syncOperations.addHandler(HandshakeWait(opened))
            try channel.pipeline.syncOperations.addHTTPClientHandlers()
            try channel.pipeline.syncOperations.addHandler(AnswerReader(receive: receive, closed: closed))
        }
    }

    private func channel(
        port: Int,
        _ add: @escaping @Sendable (any Channel, EventLoopPromise<Void>) throws -> Void
    ) async throws -> any Channel {
        let context = context
        let loop = group.next()
        let opened = loop.makePromise(of: Void.self)
        do {
            let channel = try await ClientBootstrap(group: loop)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(TLSHandler(context: context))
                        try add(channel, opened)
                    }
                }
                .connect(host: "127.0.0.1", port: port).get()
            try await opened.futureResult.get()
            return channel
        } catch {
            opened.fail(error)
            throw error
        }
    }

    /// A POST with a JSON body, written whole.
    static func post(_ path: String, body: String, to channel: any Channel) async throws {
        let parts = request(path, body: body)
        for part in parts.dropLast() { channel.write(part, promise: nil) }
        if let last = parts.last { try await channel.writeAndFlush(last) }
    }

    /// The parts of one.
    static func request(_ path: String, body: String) -> [HTTPClientRequestPart] {
        let head = HTTPRequestHead(
            version: .http1_1,
            method: .POST,
            uri: path,
            headers: [
                "host": "localhost", "content-type": "application/json", "content-length": "\(body.utf8.count)",
            ]
        )
        return [.head(head), .body(.byteBuffer(ByteBuffer(string: body))), .end(nil)]
    }
}

/// Tells when a handshake is over, or that there will be none.
final class HandshakeWait: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let opened: EventLoopPromise<Void>

    init(_ opened: EventLoopPromise<Void>) { self.opened = opened }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .some(.handshakeCompleted) = event as? TLSUserEvent { opened.succeed() }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        opened.fail(error)
        context.fireErrorCaught(error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        opened.fail(ChannelError.eof)
        context.fireChannelInactive()
    }
}

private final class AnswerReader: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    private let receive: @Sendable (HTTPClientResponsePart) -> Bool
    private let closed: @Sendable () -> Void

    init(
        receive: @escaping @Sendable (HTTPClientResponsePart) -> Bool,
        closed: @escaping @Sendable () -> Void
    ) {
        self.receive = receive
        self.closed = closed
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if !receive(Self.unwrapInboundIn(data)) { context.close(promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        closed()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

@available(*, unavailable)
extension HandshakeWait: Sendable {}

@available(*, unavailable)
extension AnswerReader: Sendable {}
