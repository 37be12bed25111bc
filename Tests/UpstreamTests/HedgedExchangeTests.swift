import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
import Testing

@testable import Upstream

/// Servers over loopback, each with a behaviour of its own.
@Suite struct HedgedExchangeTests {
    private enum Behaviour: Sendable {
        case answers(String), fails(Int), silent, floods, stalls
    }

    /// What a run came to, and how many requests each server got.
    private struct Run: Sendable {
        var result: Result<HedgedExchange.Answer, UpstreamError>
        var asked: [Int]
    }

    private func run(
        _ behaviours: [Behaviour],
        hedgeAfter: TimeAmount? = nil,
        deadline: TimeAmount = .seconds(30),
        cancelled: Bool = false
    ) async throws -> Run {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let asked = Counts(behaviours.count)
        var channels: [any Channel] = []
        for (index, behaviour) in behaviours.enumerated() {
            channels.append(
                try await ServerBootstrap(group: group)
                    .childChannelInitializer { channel in
                        channel.eventLoop.makeCompletedFuture {
                            try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                            try channel.pipeline.syncOperations.addHandler(
                                Server(behaviour) { asked.add(index) }
                            )
                        }
                    }
                    .bind(host: "127.0.0.1", port: 0).get()
            )
        }
        let servers = UpstreamServers(
            channels.map { .init(peer: .http(host: "127.0.0.1", port: $0.localAddress?.port ?? 0)) }
        )
        let result = try await loop.flatSubmit {
            let cluster = UpstreamCluster(
                servers,
                eventLoop: loop,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            )
            let exchange = HedgedExchange(
                HTTPRequestHead(version: .http1_1, method: .POST, uri: "/"),
                body: ByteBuffer(string: "{}"),
                on: cluster,
                limits: .init(hedgeAfter: hedgeAfter, deadline: .now() + deadline, bodyBytes: 1024)
            )
            let future = exchange.run()
            if cancelled { exchange.cancel() }
            let bound = NIOLoopBound(cluster, eventLoop: loop)
            return future.map { Result<HedgedExchange.Answer, UpstreamError>.success($0) }
                .flatMapErrorThrowing { .failure(try #require($0 as? UpstreamError)) }
                .always { _ in bound.value.shutDown() }
        }.get()
        for channel in channels { try await channel.close().get() }
        try await group.shutdownGracefully()
        return Run(result: result, asked: asked.values)
    }

    @Test func `one good answer is enough`() async throws {
        let run = try await self.run([.answers("a"), .answers("a")], hedgeAfter: .seconds(20))
        let answer = try run.result.get()
        #expect(answer.status == 200 && String(buffer: answer.body) == "a" && !answer.wasHedged)
        #expect(run.asked.reduce(0, +) == 1)
    }

    @Test(arguments: [[Behaviour.silent, .answers("b")], [.stalls, .answers("b")]])
    private func `a second server is asked when the first takes long`(behaviours: [Behaviour]) async throws {
        let run = try await self.run(behaviours, hedgeAfter: .milliseconds(5))
        let answer = try run.result.get()
        #expect(String(buffer: answer.body) == "b" && answer.wasHedged && answer.isHedge)
        #expect(run.asked == [1, 1])
    }

    @Test(arguments: [Behaviour.fails(500), .fails(429), .floods])
    private func `a second server is asked at once when the first fails`(behaviour: Behaviour) async throws {
        let run = try await self.run([behaviour, .answers("b")])
        let answer = try run.result.get()
        #expect(String(buffer: answer.body) == "b" && answer.isHedge)
    }

    @Test func `an answer that another server would give too is final`() async throws {
        let run = try await self.run([.fails(400), .answers("b")])
        #expect(try run.result.get().status == 400)
        #expect(run.asked == [1, 0])
    }

    @Test func `where all fail the first failure is told`() async throws {
        #expect(try await self.run([.fails(503), .fails(500)]).result.get().status == 503)
        #expect(try await self.run([.fails(500)]).result.get().status == 500)
        let floods = try await self.run([.floods, .floods]).result
        #expect(throws: UpstreamError(.badResponse, detail: "more than 1024 bytes")) { try floods.get() }
    }

    @Test(arguments: [[Behaviour.silent, .silent], [.stalls, .stalls], [.silent]])
    private func `nothing is waited for beyond the deadline`(behaviours: [Behaviour]) async throws {
        let run = try await self.run(behaviours, hedgeAfter: .milliseconds(1), deadline: .milliseconds(50))
        #expect(throws: UpstreamError(.totalTimeout)) { try run.result.get() }
    }

    @Test func `an exchange can be given up`() async throws {
        let run = try await self.run([.silent, .silent], hedgeAfter: .milliseconds(1), cancelled: true)
        #expect(throws: UpstreamError.self) { try run.result.get() }
    }

    private final class Counts: Sendable {
        private let counts: Mutex<[Int]>
        init(_ size: Int) { counts = Mutex(Array(repeating: 0, count: size)) }
        func add(_ index: Int) { counts.withLock { $0[index] += 1 } }
        var values: [Int] { counts.withLock { $0 } }
    }

    private final class Server: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let behaviour: Behaviour
        private let onRequest: () -> Void

        init(_ behaviour: Behaviour, onRequest: @escaping () -> Void) {
            self.behaviour = behaviour
            self.onRequest = onRequest
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard case .end = unwrapInboundIn(data) else { return }
            onRequest()
            switch behaviour {
            case .answers(let text): send(context, .ok, text)
            case .fails(let status): send(context, .init(statusCode: status), "no")
            case .floods: send(context, .ok, String(repeating: "x", count: 100_000))
            case .silent: break
            case .stalls:
                let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["content-length": "9"])
                context.write(wrapOutboundOut(.head(head)), promise: nil)
                context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: "half")))), promise: nil)
            }
        }

        private func send(_ context: ChannelHandlerContext, _ status: HTTPResponseStatus, _ text: String) {
            let headers: HTTPHeaders = ["content-length": "\(text.utf8.count)"]
            let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
    }
}
