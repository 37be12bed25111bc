import Logging
import NIOCore
import NIOEmbedded
import NIOHTTP2
import Testing

@testable import Upstream

/// What a connection that is shared makes of errors.
@Suite struct SharedConnectionTests {
    private func open() throws -> (EmbeddedChannel, ConnectionPool) {
        let channel = EmbeddedChannel()
        let pool = ConnectionPool(
            peer: .http(host: "127.0.0.1"),
            eventLoop: channel.eventLoop,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        try channel.pipeline.syncOperations.addHandler(SharedConnection(pool: pool))
        try channel.connect(to: .init(ipAddress: "127.0.0.1", port: 1)).wait()
        return (channel, pool)
    }

    @Test func aStreamThatComesTooLateLeavesTheOthersTheirConnection() throws {
        let (channel, pool) = try self.open()
        channel.pipeline.fireErrorCaught(NIOHTTP2Errors.createdStreamAfterGoaway())
        channel.embeddedEventLoop.run()
        #expect(channel.isActive)
        withExtendedLifetime(pool) {}
    }

    @Test func anAnswerThatIsNotAsItShouldBeLeavesTheOthersTheirConnection() throws {
        let (channel, pool) = try self.open()
        channel.pipeline.fireErrorCaught(NIOHTTP2Errors.contentLengthViolated())
        channel.embeddedEventLoop.run()
        #expect(channel.isActive)
        withExtendedLifetime(pool) {}
    }

    @Test func aStreamThatThereIsNotEndsTheConnectionAfterTheOthers() throws {
        let (channel, pool) = try self.open()
        let connection = try channel.pipeline.syncOperations.handler(type: SharedConnection.self)
        #expect(connection.hasRoom)
        channel.pipeline.fireErrorCaught(NIOHTTP2Errors.noSuchStream(streamID: 99))
        #expect(!connection.hasRoom)
        channel.embeddedEventLoop.run()
        // There are no others.
        #expect(!channel.isActive)
        withExtendedLifetime(pool) {}
    }

    @Test func aConnectionOnWhichFiftyStreamsWereCalledOffTakesNoMore() throws {
        let (channel, pool) = try self.open()
        let connection = try channel.pipeline.syncOperations.handler(type: SharedConnection.self)
        for _ in 1..<50 { connection.callsOff() }
        #expect(connection.hasRoom)
        connection.callsOff()
        #expect(!connection.hasRoom)
        channel.embeddedEventLoop.run()
        // There are none under way.
        #expect(!channel.isActive)
        withExtendedLifetime(pool) {}
    }

    @Test func anErrorOfTheWholeConnectionClosesIt() throws {
        let (channel, pool) = try self.open()
        channel.pipeline.fireErrorCaught(NIOHTTP2Errors.missingPreface())
        channel.embeddedEventLoop.run()
        #expect(!channel.isActive)
        withExtendedLifetime(pool) {}
    }
}
