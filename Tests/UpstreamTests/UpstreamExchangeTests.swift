import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
import Testing

@testable import Upstream

/// Exchanges with a server over loopback.
@Suite(.timeLimit(.minutes(2))) struct UpstreamExchangeTests {
    @Test func `slow requests that end at a time do not stop the others where the server answers them`() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let (count, allWait) = (5, loop.makePromise(of: Void.self))
        let waiting = Waiting(count, allWait)
        let channel = try await ServerBootstrap(group: group)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Server(waiting))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let peer = UpstreamPeer.http(
            host: "127.0.0.1",
            port: channel.localAddress?.port ?? 0,
            timeouts: .init(firstByte: .seconds(2))
        )
        let servers = UpstreamServers([.init(peer: peer)], breaker: .init(failures: 3, time: .minutes(10)))
        let cluster = try await loop.submit {
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            return NIOLoopBound(UpstreamCluster(servers, eventLoop: loop, logger: logger), eventLoop: loop)
        }.get()
        // Asked on the loop, which does it at once however busy the machine is with other tests.
        let answered = allWait.futureResult.flatMap { Self.ask("/", cluster, on: loop) }
        let slow = (0..<count).map { _ in Self.ask("/slow", cluster, on: loop) }
        for answer in slow {
            await #expect(throws: UpstreamError(.firstByteTimeout)) { try await answer.get() }
        }
        // If one of them did not get to the server, nothing else ends the waiting.
        allWait.fail(ChannelError.eof)
        let between = try await answered.get()
        #expect(between == .ok)
        let after = try await Self.ask("/", cluster, on: loop).get()
        #expect(after == .ok)
        try await loop.submit { cluster.value.shutDown() }.get()
        try await channel.close().get()
        try await group.shutdownGracefully()
    }

    private static func ask(
        _ path: String,
        _ cluster: NIOLoopBound<UpstreamCluster>,
        on loop: any EventLoop
    ) -> EventLoopFuture<HTTPResponseStatus> {
        let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: path)
        return loop.flatSubmit {
            WholeExchange.run(head, body: .none, on: cluster.value).map { $0.head.status }
        }
    }

    /// Requests that the server leaves without an answer.
    private final class Waiting: Sendable {
        private let count = Atomic(0)
        private let all: Int
        private let reached: EventLoopPromise<Void>

        /// - Parameter reached: kept when there are so many.
        init(_ all: Int, _ reached: EventLoopPromise<Void>) { (self.all, self.reached) = (all, reached) }

        func add() {
            if self.count.add(1, ordering: .relaxed).newValue == self.all { self.reached.succeed() }
        }
    }

    /// Answers everything but `/slow`.
    private final class Server: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let waiting: Waiting
        private var isSlow = false

        init(_ waiting: Waiting) { self.waiting = waiting }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head): self.isSlow = head.uri == "/slow"
            case .body: break
            case .end:
                guard !self.isSlow else { return self.waiting.add() }
                let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["content-length": "0"])
                context.write(wrapOutboundOut(.head(head)), promise: nil)
                context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            }
        }
    }
}
