import NIOCore
import NIOEmbedded
import TLS
import Testing

@Suite("Closing")
struct ClosingTests {
    let pair: EmbeddedPair

    init() throws {
        let certificates = try Certificates()
        self.pair = try EmbeddedPair(client: certificates.client(), server: certificates.server())
    }

    private func send(_ text: String, from: EmbeddedChannel) throws {
        from.writeAndFlush(ByteBuffer(string: text), promise: nil)
        try self.pair.exchange()
    }

    // MARK: close_notify

    @Test("A close is answered and both sides end cleanly")
    func bothWays() throws {
        try self.pair.connectAndExchange()
        try self.send("data", from: self.pair.client)
        let close = self.pair.client.close()
        try self.pair.exchange()
        try close.wait()
        #expect(self.pair.clientEvents.errors.isEmpty && self.pair.serverEvents.errors.isEmpty)
        for events in [self.pair.clientEvents.events, self.pair.serverEvents.events] {
            #expect(events.filter { $0 == .shutdownCompleted || $0 == .inactive } == [.shutdownCompleted, .inactive])
        }
    }

    @Test("Data right before close_notify in the same buffer is delivered first")
    func dataThenClose() throws {
        try self.pair.connectAndExchange()
        self.pair.client.writeAndFlush(ByteBuffer(string: "last words"), promise: nil)
        self.pair.client.close(promise: nil)
        try self.pair.exchange()
        #expect(self.pair.serverEvents.text == "last words")
        #expect(self.pair.serverEvents.errors.isEmpty)
    }

    @Test("A peer that does not answer is waited for as long as the timer says")
    func shutdownTimer() throws {
        try self.pair.connectAndExchange()
        let close = self.pair.client.close()
        #expect(try self.pair.takeOutbound(self.pair.client).readableBytes > 0)
        self.pair.client.embeddedEventLoop.advanceTime(by: .milliseconds(1_999))
        #expect(self.pair.client.isActive)
        self.pair.client.embeddedEventLoop.advanceTime(by: .milliseconds(1))
        #expect(!self.pair.client.isActive)
        try close.wait()
        #expect(self.pair.clientEvents.errors.isEmpty)
    }

    @Test("What comes after our close is dropped until the peer's close_notify")
    func dropsLateData() throws {
        try self.pair.connectAndExchange()
        self.pair.client.close(promise: nil)
        self.pair.server.writeAndFlush(ByteBuffer(string: "too late"), promise: nil)
        try self.pair.exchange()
        #expect(self.pair.clientEvents.text == "")
        #expect(!self.pair.client.isActive && !self.pair.server.isActive)
    }

    @Test("A second close shares the fate of the first")
    func secondClose() throws {
        try self.pair.connectAndExchange()
        let first = self.pair.client.close()
        let second = self.pair.client.close()
        try self.pair.exchange()
        try first.wait()
        try second.wait()
    }

    @Test("A close before the handshake is complete is a close at once")
    func closeDuringHandshake() throws {
        try self.pair.connect()
        let write = self.pair.client.writeAndFlush(ByteBuffer(string: "never"))
        let close = self.pair.client.close()
        try close.wait()
        #expect(throws: ChannelError.ioOnClosedChannel) { try write.wait() }
        #expect(self.pair.clientEvents.errors.isEmpty)
    }

    @Test("A close without notice says nothing, so that the peer misses the end of what it was sent")
    func closeWithoutNotice() throws {
        try self.pair.connectAndExchange()
        let handler = try self.pair.server.pipeline.syncOperations.handler(type: TLSHandler.self)
        #expect(handler.hasHeardPeer)
        handler.closesWithoutNotice = true
        try self.send("half an answer", from: self.pair.server)
        try self.pair.server.close().wait()
        #expect(try self.pair.takeOutbound(self.pair.server).readableBytes == 0)
        self.pair.client.pipeline.fireChannelInactive()
        #expect(self.pair.clientEvents.text == "half an answer")
        #expect(self.pair.clientEvents.tlsErrors == [.truncated])
    }

    @Test("A close from within the handshake's event is a clean one")
    func closeInHandshakeEvent() throws {
        self.pair.serverEvents.onHandshake = { $0.close(promise: nil) }
        try self.pair.connectAndExchange()
        #expect(self.pair.serverEvents.errors.isEmpty && self.pair.clientEvents.errors.isEmpty)
        #expect(!self.pair.server.isActive && !self.pair.client.isActive)
    }

    // MARK: Slow peers

    /// Closes the server's side while a line holds what it wrote.
    private func closeBehindSlowLine() throws -> SlowLine {
        try self.pair.connectAndExchange()
        let line = SlowLine()
        let pipeline = self.pair.server.pipeline.syncOperations
        try pipeline.addHandler(line, position: .first)
        try pipeline.handler(type: TLSHandler.self).stallTimeout = .seconds(10)
        self.pair.server.writeAndFlush(ByteBuffer(patternOf: 100_000), promise: nil)
        self.pair.server.close(promise: nil)
        return line
    }

    @Test("What was written is waited for as long as the peer takes some of it")
    func slowPeer() throws {
        let line = try self.closeBehindSlowLine()
        for bytes in [50_000, 10_000, 1_000, 0] {
            self.pair.server.embeddedEventLoop.advanceTime(by: .seconds(8))
            #expect(self.pair.server.isActive)
            line.take(leaving: bytes)
        }
        self.pair.server.embeddedEventLoop.advanceTime(by: .seconds(4))
        #expect(!self.pair.server.isActive)
        #expect(self.pair.serverEvents.errors.isEmpty)
    }

    @Test("A peer that takes nothing more is given up")
    func stalledPeer() throws {
        let line = try self.closeBehindSlowLine()
        self.pair.server.embeddedEventLoop.advanceTime(by: .seconds(8))
        line.take(leaving: 50_000)
        // It is seen two seconds later, and the time for the rest begins.
        self.pair.server.embeddedEventLoop.advanceTime(by: .milliseconds(11_999))
        #expect(self.pair.server.isActive)
        self.pair.server.embeddedEventLoop.advanceTime(by: .milliseconds(1))
        #expect(!self.pair.server.isActive)
    }

    @Test("A peer that acknowledges is waited for, and only for so long")
    func acknowledgingPeer() throws {
        let line = try self.closeBehindSlowLine()
        line.take(leaving: 0)
        for _ in 0..<5 {
            self.pair.client.writeAndFlush(ByteBuffer(string: "more"), promise: nil)
            try self.pair.server.writeInbound(self.pair.takeOutbound(self.pair.client))
            self.pair.server.embeddedEventLoop.advanceTime(by: .seconds(2))
            #expect(self.pair.server.isActive)
        }
        self.pair.client.writeAndFlush(ByteBuffer(string: "more"), promise: nil)
        try self.pair.server.writeInbound(self.pair.takeOutbound(self.pair.client))
        self.pair.server.embeddedEventLoop.advanceTime(by: .seconds(2))
        #expect(!self.pair.server.isActive)
        #expect(self.pair.serverEvents.text == "")
    }

    @Test("A peer that sends on and on is not waited for")
    func sendingPeer() throws {
        let line = try self.closeBehindSlowLine()
        line.take(leaving: 0)
        self.pair.server.embeddedEventLoop.advanceTime(by: .seconds(2))
        #expect(self.pair.server.isActive)
        self.pair.client.writeAndFlush(ByteBuffer(patternOf: 100_000), promise: nil)
        try self.pair.server.writeInbound(self.pair.takeOutbound(self.pair.client))
        self.pair.server.embeddedEventLoop.advanceTime(by: .seconds(2))
        #expect(!self.pair.server.isActive)
    }

    // MARK: Half-close

    @Test("On a channel that allows it the peer's close_notify ends only the input")
    func inputClosed() throws {
        try self.pair.server.syncOptions?.setOption(.allowRemoteHalfClosure, value: true)
        try self.pair.connectAndExchange()
        self.pair.client.writeAndFlush(ByteBuffer(string: "request"), promise: nil)
        self.pair.client.close(promise: nil)
        try self.pair.server.writeInbound(self.pair.takeOutbound(self.pair.client))
        #expect(self.pair.serverEvents.text == "request")
        #expect(self.pair.serverEvents.events.filter { $0 == .inputClosed }.count == 1)
        #expect(self.pair.server.isActive)
        // The end of the stream below it is no second event and no truncation.
        self.pair.server.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        #expect(self.pair.serverEvents.events.filter { $0 == .inputClosed }.count == 1)
        let answer = self.pair.server.writeAndFlush(ByteBuffer(string: "answer"))
        try answer.wait()
        #expect(try self.pair.takeOutbound(self.pair.server).readableBytes > 6)
        try self.pair.server.close().wait()
        #expect(self.pair.serverEvents.errors.isEmpty)
        #expect(self.pair.serverEvents.events.contains(.shutdownCompleted))
    }

    @Test("A half-close sends what was flushed and then close_notify; later writes fail")
    func outputClosed() throws {
        try self.pair.connectAndExchange()
        self.pair.client.writeAndFlush(ByteBuffer(string: "all"), promise: nil)
        self.pair.client.close(mode: .output, promise: nil)
        let late = self.pair.client.writeAndFlush(ByteBuffer(string: "late"))
        #expect(throws: (any Error).self) { try late.wait() }
        try self.pair.exchange()
        #expect(self.pair.serverEvents.text == "all")
        #expect(self.pair.serverEvents.errors.isEmpty)
    }

    @Test("A half-close before the handshake waits for it and for the writes")
    func earlyOutputClose() throws {
        self.pair.client.writeAndFlush(ByteBuffer(string: "all"), promise: nil)
        let close = self.pair.client.close(mode: .output)
        let late = self.pair.client.writeAndFlush(ByteBuffer(string: "late"))
        #expect(throws: ChannelError.outputClosed) { try late.wait() }
        try self.pair.connectAndExchange()
        try close.wait()
        #expect(self.pair.serverEvents.text == "all")
        #expect(self.pair.serverEvents.errors.isEmpty)
    }

    @Test("Closing the input alone is not to be had")
    func inputClose() throws {
        try self.pair.connectAndExchange()
        #expect(throws: ChannelError.operationUnsupported) { try self.pair.client.close(mode: .input).wait() }
    }

    // MARK: Truncation

    @Test("An end without close_notify after data is told as truncated")
    func truncated() throws {
        try self.pair.connectAndExchange()
        try self.send("half a mess", from: self.pair.client)
        let waiting = self.pair.server.write(ByteBuffer(string: "unflushed"))
        self.pair.server.pipeline.fireChannelInactive()
        #expect(self.pair.serverEvents.tlsErrors == [.truncated])
        #expect(throws: TLSError.truncated) { try waiting.wait() }
    }

    @Test("So is the end of input on a channel that stays open")
    func truncatedHalfClose() throws {
        try self.pair.connectAndExchange()
        try self.send("half a mess", from: self.pair.client)
        self.pair.server.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        #expect(self.pair.serverEvents.tlsErrors == [.truncated])
        #expect(self.pair.serverEvents.events.contains(.inputClosed))
        self.pair.server.pipeline.fireChannelInactive()
        #expect(self.pair.serverEvents.tlsErrors == [.truncated])
    }

    @Test("An end in the middle of the first record is truncated too, and the record is not delivered")
    func truncatedRecord() throws {
        try self.pair.connectAndExchange()
        self.pair.client.writeAndFlush(ByteBuffer(string: "whole"), promise: nil)
        var record = try self.pair.takeOutbound(self.pair.client)
        let part = record.readSlice(length: record.readableBytes - 1)
        try self.pair.server.writeInbound(#require(part))
        self.pair.server.pipeline.fireChannelInactive()
        #expect(self.pair.serverEvents.text == "")
        #expect(self.pair.serverEvents.tlsErrors == [.truncated])
    }

    @Test("An end before any data came loses nothing and is no error")
    func idleEnd() throws {
        try self.pair.connectAndExchange()
        self.pair.server.pipeline.fireChannelInactive()
        #expect(self.pair.serverEvents.errors.isEmpty)
        #expect(self.pair.serverEvents.events.last == .inactive)
    }

    @Test("Data that nobody asked for yet is delivered before the end is told")
    func deliversBeforeEnd() throws {
        self.pair.serverEvents.readsAutomatically = false
        try self.pair.connectAndExchange()
        self.pair.client.writeAndFlush(ByteBuffer(string: "unread"), promise: nil)
        self.pair.client.close(promise: nil)
        try self.pair.server.writeInbound(self.pair.takeOutbound(self.pair.client))
        self.pair.server.pipeline.fireChannelInactive()
        #expect(self.pair.serverEvents.text == "unread")
        #expect(self.pair.serverEvents.errors.isEmpty)
    }
}

/// In front of a channel without a socket: what is sent waits until the test takes it.
private final class SlowLine: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var context: ChannelHandlerContext?

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func flush(context: ChannelHandlerContext) {}

    /// Takes what waits, and puts so many bytes in its place.
    func take(leaving count: Int) {
        self.context?.flush()
        guard count > 0 else { return }
        self.context?.write(self.wrapOutboundOut(ByteBuffer(patternOf: count)), promise: nil)
    }
}
