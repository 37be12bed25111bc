import Logging
import NIOCore
import NIOEmbedded
import NIOHTTP1
import NIOHTTP2
import Testing

@testable import Upstream

/// The last handler of an upstream connection while nobody uses it, and how it ends.
@Suite struct UpstreamConnectionTests {
    private func open() throws -> (EmbeddedChannel, UpstreamConnection, ConnectionPool) {
        let channel = EmbeddedChannel()
        let pool = ConnectionPool(
            peer: .http(host: "127.0.0.1"),
            eventLoop: channel.eventLoop,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        let connection = UpstreamConnection(id: 1, pool: pool)
        try UpstreamConnector.addHTTP1(to: channel, peer: pool.peer, last: connection)
        try channel.connect(to: .init(ipAddress: "127.0.0.1", port: 1)).wait()
        return (channel, connection, pool)
    }

    @Test func aPlainConnectionIsReadyWhenItIsOpen() throws {
        let (channel, connection, pool) = try self.open()
        try connection.whenOpened.wait()
        #expect(connection.isActive)
        try channel.close().wait()
        #expect(!connection.isActive)
        withExtendedLifetime(pool) {}
    }

    @Test func anAnswerThatNobodyAskedForClosesTheConnection() throws {
        let (channel, connection, pool) = try self.open()
        try connection.whenOpened.wait()
        _ = try? channel.writeInbound(ByteBuffer(string: "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil"))
        channel.embeddedEventLoop.run()
        #expect(!channel.isActive)
        withExtendedLifetime(pool) {}
    }

    @Test(arguments: ["H", "HTTP/1.1 200 OK\r\ncontent-le", "\r\n"])
    func aByteThatNobodyAskedForClosesTheConnection(bytes: String) throws {
        let (channel, connection, pool) = try self.open()
        try connection.whenOpened.wait()
        try channel.writeInbound(ByteBuffer(string: bytes))
        channel.embeddedEventLoop.run()
        #expect(!channel.isActive)
        withExtendedLifetime(pool) {}
    }

    @Test func aConnectionThatEndsBeforeItIsReadySaysSo() throws {
        let channel = EmbeddedChannel()
        let pool = ConnectionPool(
            peer: .http(host: "127.0.0.1"),
            eventLoop: channel.eventLoop,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        let connection = UpstreamConnection(id: 1, pool: pool)
        try channel.pipeline.syncOperations.addHandler(connection)
        channel.pipeline.fireErrorCaught(HTTPParserError.unknown)
        #expect(throws: UpstreamError.self) { try connection.whenOpened.wait() }
    }

    @Test func anExchangeWhoseStreamCouldNotBeBegunHearsSoAtOnce() throws {
        let channel = EmbeddedChannel()
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let pool = ConnectionPool(peer: .http(host: "127.0.0.1"), eventLoop: channel.eventLoop, logger: logger)
        let shared = SharedConnection(pool: pool)
        let connection = UpstreamConnection(id: 1, pool: pool, streamOf: shared)
        try channel.pipeline.syncOperations.addHandler(TooLate())
        try channel.pipeline.syncOperations.addHandler(connection)
        try channel.connect(to: .init(ipAddress: "127.0.0.1", port: 1)).wait()
        let listener = Listener()
        let exchange = UpstreamExchange(
            cluster: UpstreamCluster(UpstreamServers(pool.peer), eventLoop: channel.eventLoop, logger: logger),
            head: HTTPRequestHead(version: .http1_1, method: .GET, uri: "/"),
            body: .none,
            delegate: listener
        )
        connection.begin(exchange)
        connection.endRequest()
        channel.embeddedEventLoop.run()
        #expect(listener.failure?.code == .closedEarly)
        #expect(!channel.isActive)
        withExtendedLifetime((pool, shared)) {}
    }

    @Test func aConnectionThatWasUsedBeforeIsStaleOnlyIfItEndsAtOnce() throws {
        let (channel, connection, pool) = try self.open()
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let listener = Listener()
        let exchange = UpstreamExchange(
            cluster: UpstreamCluster(UpstreamServers(pool.peer), eventLoop: channel.eventLoop, logger: logger),
            head: HTTPRequestHead(version: .http1_1, method: .GET, uri: "/"),
            body: .none,
            delegate: listener
        )
        let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
        connection.begin(exchange, at: start)
        #expect(!connection.isStale(at: start))
        connection.begin(exchange, at: start)
        #expect(connection.isStale(at: start + .milliseconds(1_999)))
        #expect(!connection.isStale(at: start + .seconds(2)))
        try channel.close().wait()
        withExtendedLifetime((pool, listener)) {}
    }

    /// What a write comes to after the peer has said GOAWAY.
    private final class TooLate: ChannelOutboundHandler {
        typealias OutboundIn = HTTPClientRequestPart

        func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
            promise?.fail(NIOHTTP2Errors.createdStreamAfterGoaway())
        }
    }

    private final class Listener: UpstreamExchangeDelegate {
        private(set) var failure: UpstreamError?

        func upstreamWritabilityChanged(_ isWritable: Bool) {}
        func upstreamAnswered(_ head: HTTPResponseHead) {}
        func upstreamSent(_ chunk: ByteBuffer) {}
        func upstreamReadCompleted() {}
        func upstreamFinished() {}
        func upstreamFailed(_ error: UpstreamError) { self.failure = error }
    }
}
