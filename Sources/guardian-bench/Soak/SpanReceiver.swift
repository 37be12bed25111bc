import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A collector of spans within the benchmark: takes them, and counts.
final class SpanReceiver: Sendable {
    struct Received {
        var spans = 0
        /// Identifiers of spans that answer requests, one for each exchange.
        var exchanges: Set<UInt64> = []
        /// Bodies that were no export requests.
        var unreadable = 0
    }

    private let received = Mutex(Received())
    private let channel = Mutex<(any Channel)?>(nil)

    /// - Returns: the port that it listens at.
    func start(on group: MultiThreadedEventLoopGroup) async throws -> Int {
        let channel = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 256)
            .childChannelInitializer { [self] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(SpanCounter(receiver: self))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        self.channel.withLock { $0 = channel }
        return channel.localAddress?.port ?? 0
    }

    func stop() async throws -> Received {
        try await channel.withLock { $0 }?.close()
        return received.withLock { $0 }
    }

    func take(_ body: [UInt8]) {
        let walk = SpanWalk(body)
        received.withLock { received in
            guard let walk else {
                received.unreadable += 1
                return
            }
            received.spans += walk.spans
            received.exchanges.formUnion(walk.servers)
        }
    }
}

private final class SpanCounter: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let receiver: SpanReceiver
    private var body: [UInt8] = []

    init(receiver: SpanReceiver) { self.receiver = receiver }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch Self.unwrapInboundIn(data) {
        case .head: body = []
        case .body(let part): body += part.readableBytesView
        case .end:
            receiver.take(body)
            body = []
            let headers: HTTPHeaders = ["content-type": "application/x-protobuf", "content-length": "0"]
            let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: headers)
            context.write(Self.wrapOutboundOut(.head(head)), promise: nil)
            context.writeAndFlush(Self.wrapOutboundOut(.end(nil)), promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

@available(*, unavailable)
extension SpanCounter: Sendable {}
