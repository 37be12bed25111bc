import NIOCore
import NIOEmbedded
import TLS
import Testing

@Suite("Writing")
struct WritingTests {
    let pair: EmbeddedPair

    init() throws {
        let certificates = try Certificates()
        self.pair = try EmbeddedPair(client: certificates.client(), server: certificates.server())
    }

    @Test("Writes before the handshake are sent after it, in order, and their promises kept")
    func queued() throws {
        let first = self.pair.client.write(ByteBuffer(string: "one "))
        let second = self.pair.client.write(ByteBuffer(string: "two"))
        self.pair.client.flush()
        let unflushed = self.pair.client.write(ByteBuffer(string: " three"))
        try self.pair.connectAndExchange()
        #expect(self.pair.serverEvents.text == "one two")
        try first.wait()
        try second.wait()
        #expect(!unflushed.isFulfilled)
        self.pair.client.flush()
        try self.pair.exchange()
        #expect(self.pair.serverEvents.text == "one two three")
        try unflushed.wait()
    }

    @Test("Nothing is sent before a flush, and small writes share one record")
    func coalesces() throws {
        try self.pair.connectAndExchange()
        for part in ["HTTP/1.1 200 OK\r\n", "content-length: 2\r\n\r\n", "{}", ""] {
            self.pair.server.write(ByteBuffer(string: part), promise: nil)
        }
        #expect(try self.pair.takeOutbound(self.pair.server).readableBytes == 0)
        self.pair.server.flush()
        let sent = try self.pair.takeOutbound(self.pair.server)
        // One header, one content type, one tag (RFC 8446, section 5.2).
        #expect(sent.readableBytes == 40 + 5 + 1 + 16)
        try self.pair.client.writeInbound(sent)
        #expect(self.pair.clientEvents.text == "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
    }

    @Test("The buffers that were written stay as they were")
    func leavesCallersBuffers() throws {
        try self.pair.connectAndExchange()
        let head = ByteBuffer(string: "head")
        self.pair.client.write(head, promise: nil)
        self.pair.client.writeAndFlush(ByteBuffer(string: "body"), promise: nil)
        try self.pair.exchange()
        #expect(self.pair.serverEvents.text == "headbody")
        #expect(head == ByteBuffer(string: "head"))
    }

    @Test("An empty write keeps its promise and sends nothing")
    func emptyWrites() throws {
        try self.pair.connectAndExchange()
        let write = self.pair.client.writeAndFlush(ByteBuffer())
        #expect(try self.pair.takeOutbound(self.pair.client).readableBytes == 0)
        try write.wait()
    }

    @Test(
        "A large write arrives whole, in batches, with one promise for the last",
        arguments: [131_072, 131_073, 1_000_000]
    )
    func large(_ size: Int) throws {
        try self.pair.connectAndExchange()
        let bytes = ByteBuffer(bytes: (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 13) })
        let write = self.pair.client.writeAndFlush(bytes)
        try self.pair.exchange()
        try write.wait()
        #expect(self.pair.serverEvents.received == bytes)
    }

    @Test("Many writes around the size of a record arrive in order")
    func manySizes() throws {
        try self.pair.connectAndExchange()
        var expected = ByteBuffer()
        var promises: [EventLoopFuture<Void>] = []
        for size in [16_383, 1, 16_384, 0, 16_385, 5, 8_192, 8_192, 1, 200_000, 3] {
            let bytes = ByteBuffer(repeating: UInt8(truncatingIfNeeded: promises.count + 1), count: size)
            expected.writeImmutableBuffer(bytes)
            promises.append(self.pair.client.write(bytes))
        }
        self.pair.client.flush()
        try self.pair.exchange()
        #expect(self.pair.serverEvents.received == expected)
        for promise in promises { try promise.wait() }
    }

    @Test("A write from within the promise of another keeps its place")
    func reentrant() throws {
        try self.pair.connectAndExchange()
        let channel = self.pair.client
        let first = channel.eventLoop.makePromise(of: Void.self)
        first.futureResult.assumeIsolated().whenSuccess {
            channel.writeAndFlush(ByteBuffer(string: "third"), promise: nil)
        }
        channel.write(ByteBuffer(repeating: 1, count: 300_000), promise: first)
        channel.write(ByteBuffer(string: "second "), promise: nil)
        channel.flush()
        channel.embeddedEventLoop.run()
        try self.pair.exchange()
        #expect(self.pair.serverEvents.received.readableBytes == 300_012)
        #expect(self.pair.serverEvents.text.hasSuffix("second third"))
    }

    @Test("After the end writes fail")
    func writesAfterClose() throws {
        try self.pair.connectAndExchange()
        let unflushed = self.pair.client.write(ByteBuffer(string: "never flushed"))
        self.pair.client.close(promise: nil)
        let late = self.pair.client.writeAndFlush(ByteBuffer(string: "late"))
        try self.pair.exchange()
        #expect(throws: ChannelError.ioOnClosedChannel) { try unflushed.wait() }
        #expect(throws: ChannelError.ioOnClosedChannel) { try late.wait() }
        #expect(self.pair.serverEvents.text == "")
    }
}

extension EventLoopFuture {
    /// Whether the result is there. On the loop of an embedded channel callbacks run at once.
    fileprivate var isFulfilled: Bool {
        nonisolated(unsafe) var known = false
        self.whenComplete { _ in known = true }
        return known
    }
}
