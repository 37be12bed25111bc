import NIOCore
import NIOPosix
import TLS
import Testing

/// Collects what comes until so many bytes are there or the channel ends.
private final class Collector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let expected: Int
    private let promise: EventLoopPromise<ByteBuffer>
    private var received = ByteBuffer()
    private var isDone = false

    init(expected: Int, promise: EventLoopPromise<ByteBuffer>) {
        self.expected = expected
        self.promise = promise
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.received.writeImmutableBuffer(self.unwrapInboundIn(data))
        if self.received.readableBytes >= self.expected { self.finish() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.finish()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard !self.isDone else { return }
        self.isDone = true
        self.promise.fail(error)
    }

    private func finish() {
        guard !self.isDone else { return }
        self.isDone = true
        self.promise.succeed(self.received)
    }
}

@Suite("Loopback", .timeLimit(.minutes(2)))
struct LoopbackTests {
    let certificates: Certificates
    let errors = ErrorCollection()

    init() throws {
        self.certificates = try Certificates()
    }

    private func listen(_ context: TLSContext, halfClosure: Bool = true) async throws -> any Channel {
        try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.allowRemoteHalfClosure, value: halfClosure)
            .childChannelInitializer { [errors = self.errors] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers([TLSHandler(context: context), Echo(errors)])
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    private func connect(
        _ server: any Channel,
        expecting count: Int,
        shutdownTimeout: TimeAmount = .seconds(2)
    ) async throws -> (any Channel, EventLoopFuture<ByteBuffer>) {
        try await Self.connect(server, self.certificates.client(), expecting: count, shutdownTimeout: shutdownTimeout)
    }

    private static func connect(
        _ server: any Channel,
        _ context: TLSContext,
        expecting count: Int,
        shutdownTimeout: TimeAmount = .seconds(2)
    ) async throws -> (any Channel, EventLoopFuture<ByteBuffer>) {
        let group = MultiThreadedEventLoopGroup.singleton
        let promise = group.next().makePromise(of: ByteBuffer.self)
        let address = try #require(server.localAddress)
        let channel = try await ClientBootstrap(group: group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers([
                        TLSHandler(context: context, shutdownTimeout: shutdownTimeout),
                        Collector(expected: count, promise: promise),
                    ])
                }
            }
            .connect(to: address).get()
        return (channel, promise.futureResult)
    }

    @Test("Eight megabytes go there and back over a real socket")
    func large() async throws {
        let server = try await self.listen(self.certificates.server())
        let bytes = ByteBuffer(patternOf: 8 << 20)
        let (client, answer) = try await self.connect(server, expecting: bytes.readableBytes)
        try await client.writeAndFlush(bytes)
        #expect(try await answer.get() == bytes)
        try await client.close()
        try await server.close()
        #expect(self.errors.all.isEmpty)
    }

    @Test("Many small writes from several connections at once each come back whole")
    func manyConnections() async throws {
        let server = try await self.listen(self.certificates.server())
        let context = try self.certificates.client()
        try await withThrowingTaskGroup { group in
            for number in 0..<16 {
                group.addTask {
                    let (client, answer) = try await Self.connect(server, context, expecting: 100 * 37)
                    for _ in 0..<100 {
                        try await client.writeAndFlush(ByteBuffer(repeating: UInt8(number), count: 37))
                    }
                    #expect(try await answer.get() == ByteBuffer(repeating: UInt8(number), count: 3700))
                    try await client.close()
                }
            }
            try await group.waitForAll()
        }
        try await server.close()
        #expect(self.errors.all.isEmpty)
    }

    @Test("A half-close by the client lets the answer finish")
    func halfClose() async throws {
        let server = try await self.listen(self.certificates.server())
        let bytes = ByteBuffer(repeating: 7, count: 300_000)
        let (client, answer) = try await self.connect(server, expecting: .max)
        client.writeAndFlush(bytes, promise: nil)
        try await client.close(mode: .output).get()
        #expect(try await answer.get() == bytes)
        try await client.closeFuture.get()
        try await server.close()
        #expect(self.errors.all.isEmpty)
    }

    @Test("A close of both ends takes no longer than the network needs")
    func quickClose() async throws {
        let server = try await self.listen(self.certificates.server(), halfClosure: false)
        let (client, answer) = try await self.connect(server, expecting: 4, shutdownTimeout: .seconds(60))
        try await client.writeAndFlush(ByteBuffer(string: "ping"))
        #expect(try await String(buffer: answer.get()) == "ping")
        let start = ContinuousClock.now
        try await client.close()
        #expect(ContinuousClock.now - start < .seconds(30), "the timer ended it, not the peer's close_notify")
        try await server.close()
        #expect(self.errors.all.isEmpty)
    }

    @Test("A client that cuts the socket after data is told as truncated, and the server serves on")
    func truncated() async throws {
        let server = try await self.listen(self.certificates.server(), halfClosure: false)
        let (client, answer) = try await self.connect(server, expecting: 4)
        try await client.writeAndFlush(ByteBuffer(string: "ping"))
        _ = try await answer.get()
        // Past the TLS handler, straight to the socket.
        try await client.eventLoop.submit {
            try client.pipeline.syncOperations.context(handlerType: TLSHandler.self).close(promise: nil)
        }.get()
        try await client.closeFuture.get()
        try await self.errors.wait(for: 1)
        #expect(self.errors.all.compactMap { $0 as? TLSError } == [.truncated])
        let (second, again) = try await self.connect(server, expecting: 4)
        try await second.writeAndFlush(ByteBuffer(string: "pong"))
        #expect(try await String(buffer: again.get()) == "pong")
        try await second.close()
        try await server.close()
    }
}
