import NIOCore
import NIOEmbedded
import Testing

@testable import Proxy

@Suite struct FlushGatheringTests {
    private func channel() throws -> EmbeddedChannel {
        let channel = EmbeddedChannel()
        try channel.pipeline.syncOperations.addHandler(FlushGathering())
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        return channel
    }

    private func write(_ text: String, _ channel: EmbeddedChannel) {
        channel.writeAndFlush(IOData.byteBuffer(ByteBuffer(string: text)), promise: nil)
    }

    private func sent(_ channel: EmbeddedChannel) throws -> String {
        var text = ""
        while let data = try channel.readOutbound(as: IOData.self) {
            if case .byteBuffer(let buffer) = data { text += String(buffer: buffer) }
        }
        return text
    }

    @Test func whatSeveralWroteGoesOutTogetherWhenTheLoopIsDone() throws {
        let channel = try self.channel()
        self.write("a", channel)
        self.write("b", channel)
        #expect(try self.sent(channel) == "")
        channel.embeddedEventLoop.run()
        #expect(try self.sent(channel) == "ab")
        self.write("c", channel)
        channel.embeddedEventLoop.run()
        #expect(try self.sent(channel) == "c")
        _ = try channel.finish()
    }

    @Test func whatWaitsGoesOutBeforeTheConnectionCloses() throws {
        let channel = try self.channel()
        self.write("a", channel)
        channel.close(promise: nil)
        #expect(try self.sent(channel) == "a")
        channel.embeddedEventLoop.run()
        #expect(try self.sent(channel) == "")
    }
}
