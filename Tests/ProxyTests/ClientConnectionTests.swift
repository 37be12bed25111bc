import Logging
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import Proxy

/// The handlers of a client's connection without a socket: what is read when, and what is written as bytes.
@Suite(.timeLimit(.minutes(1))) struct ClientConnectionTests {
    /// Counts the reads that reach the socket's end of the pipeline.
    private final class ReadCounter: ChannelOutboundHandler, Sendable {
        typealias OutboundIn = Never

        let count = Counter()

        func read(context: ChannelHandlerContext) {
            self.count.add(1)
            context.read()
        }
    }

    private func connect(_ script: ScriptedFilter.Script) async throws -> (NIOAsyncTestingChannel, Counter) {
        let channel = NIOAsyncTestingChannel()
        let reads = ReadCounter()
        let filter = ScriptedFilter(script)
        try await channel.eventLoop.submit {
            try channel.pipeline.syncOperations.addHandler(reads)
            let worker = ProxyWorker(
                eventLoop: channel.eventLoop,
                configuration: .init(listeners: []),
                filter: filter,
                metrics: ProxyMetrics(),
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            )
            try HTTP1Pipeline.add(to: channel, peer: ConnectionPeer(nil, isTLS: false), worker: worker)
        }.get()
        try await channel.connect(to: .init(ipAddress: "127.0.0.1", port: 1)).get()
        return (channel, reads.count)
    }

    private func written(_ channel: NIOAsyncTestingChannel) async throws -> String {
        var text = ""
        while case .byteBuffer(let buffer)? = try await channel.readOutbound(as: IOData.self) {
            text += String(buffer: buffer)
        }
        return text
    }

    @Test func oneReadIsAskedForAtATime() async throws {
        var script = ScriptedFilter.Script()
        script.begin = { _ in .reply(.text("x")) }
        let (channel, reads) = try await self.connect(script)
        #expect(reads.value == 1)
        try await channel.writeInbound(ByteBuffer(string: "GET / HTTP/1.1\r\n"))
        #expect(reads.value == 2)
        try await channel.writeInbound(ByteBuffer(string: "Host: a\r\n\r\n"))
        #expect(reads.value == 3)
        #expect(try await self.written(channel).hasSuffix("content-length: 1\r\n\r\nx"))
        try await channel.close()
    }

    @Test func oneReadAtTheMostIsOpenWhileTheFilterThinks() async throws {
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        var script = ScriptedFilter.inspecting()
        script.request = { _, _ in
            for await _ in gate { break }
            return .reply(.text("x"))
        }
        let (channel, reads) = try await self.connect(script)
        try await channel.writeInbound(
            ByteBuffer(
                string: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nbGET / HTTP/1.1\r\nHost: a\r\n\r\n"
            )
        )
        #expect(reads.value == 1, "the first, and none since: what it brought waits")
        #expect(try await self.written(channel) == "")
        open.yield()
        #expect(try await eventually { reads.value == 2 })
        try await channel.writeInbound(ByteBuffer(string: "GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
        #expect(reads.value == 2, "what it brought waits again")
        open.yield()
        open.yield()
        #expect(try await eventually { reads.value == 3 })
        var text = ""
        for _ in 0..<1000 where text.components(of: "HTTP/1.1 200 OK") < 3 {
            text += try await self.written(channel)
            try await Task.sleep(for: .milliseconds(5))
        }
        #expect(text.components(of: "HTTP/1.1 200 OK") == 3)
        try await channel.close()
    }

    @Test(arguments: ["", "Connection: Upgrade\r\nUpgrade: x\r\n"])
    func nothingFollowsWhatCameBehindARequest(fields: String) async throws {
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        var script = ScriptedFilter.inspecting()
        script.request = { _, _ in
            for await _ in gate { break }
            return .reply(.text("x"))
        }
        let (channel, reads) = try await self.connect(script)
        try await channel.writeInbound(ByteBuffer(string: "GET / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n"))
        #expect(reads.value == 2)
        try await channel.writeInbound(ByteBuffer(string: "GET / HTTP/1.1\r\nX:  "))
        #expect(reads.value == 2, "no whole request, and yet enough")
        open.finish()
        var text = ""
        for _ in 0..<1000 where text.isEmpty {
            text += try await self.written(channel)
            try await Task.sleep(for: .milliseconds(5))
        }
        #expect(text.hasPrefix("HTTP/1.1 200 OK"))
        try? await channel.close()
    }

    @Test func aBodyIsReadAsLongAsItIsWanted() async throws {
        let (channel, reads) = try await self.connect(ScriptedFilter.inspecting(limit: 3))
        try await channel.writeInbound(
            ByteBuffer(string: "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        )
        #expect(reads.value == 2)
        try await channel.writeInbound(ByteBuffer(string: "1\r\na\r\n"))
        #expect(reads.value == 3)
        try await channel.writeInbound(ByteBuffer(string: "4\r\nbcde\r\n"))
        let text = try await self.written(channel)
        #expect(text.contains("HTTP/1.1 413 "))
        #expect(text.contains("connection: close"))
    }

    @Test func aResponseHeadIsNotSplitByWhatItHolds() async throws {
        var script = ScriptedFilter.Script()
        script.begin = { _ in
            .reply(
                LocalReply(
                    status: .ok,
                    headers: [
                        "transfer-encoding": "gzip", "content-length": "999", "connection": "keep-alive, x", "x": "1",
                    ],
                    body: .bytes(ByteBuffer(string: "body"))
                )
            )
        }
        let (channel, _) = try await self.connect(script)
        try await channel.writeInbound(ByteBuffer(string: "GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
        let text = try await self.written(channel)
        #expect(text.contains("content-length: 4\r\n"))
        for absent in ["999", "gzip", "keep-alive", "x: 1"] {
            #expect(!text.contains(absent), "\(absent)")
        }
        try await channel.close()
    }
}
