import NIOCore
import NIOPosix
import Synchronization
import TLS

@testable import Proxy

/// A client that sends the bytes it is told to and keeps the bytes it gets.
final class RawClient: Sendable {
    struct TimedOut: Error {
        var received: String
    }

    private struct Received {
        var bytes: [UInt8] = []
        var isClosed = false
        var isBroken = false
    }

    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let client: RawClient

        init(_ client: RawClient) {
            self.client = client
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = Self.unwrapInboundIn(data).readableBytesView
            self.client.received.withLock { $0.bytes.append(contentsOf: bytes) }
        }

        func channelInactive(context: ChannelHandlerContext) {
            self.client.received.withLock { $0.isClosed = true }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            self.client.received.withLock { $0.isBroken = true }
            context.close(promise: nil)
        }
    }

    private let received = Mutex(Received())
    private let channel = Mutex<(any Channel)?>(nil)

    static func connect(
        to port: Int,
        path: String? = nil,
        group: MultiThreadedEventLoopGroup,
        tls: TLSContext? = nil,
        autoRead: Bool = true
    ) async throws -> RawClient {
        let client = RawClient()
        let bootstrap = ClientBootstrap(group: group)
            .channelOption(.autoRead, value: autoRead)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        try channel.pipeline.syncOperations.addHandler(
                            TLSHandler(context: tls, serverName: "localhost")
                        )
                    }
                    try channel.pipeline.syncOperations.addHandler(Collector(client))
                }
            }
        let channel =
            if let path {
                try await bootstrap.connect(unixDomainSocketPath: path).get()
            } else {
                try await bootstrap.connect(host: "127.0.0.1", port: port).get()
            }
        client.channel.withLock { $0 = channel }
        return client
    }

    var text: String { String(decoding: self.bytes, as: UTF8.self) }
    var bytes: [UInt8] { self.received.withLock { $0.bytes } }
    var isClosed: Bool { self.received.withLock { $0.isClosed } }
    /// Whether the connection ended in an error, and not as TCP and TLS end one.
    var isBroken: Bool { self.received.withLock { $0.isBroken } }

    func send(_ text: String) async throws {
        try await self.send(Array(text.utf8))
    }

    func send(_ bytes: [UInt8]) async throws {
        try await self.open().writeAndFlush(ByteBuffer(bytes: bytes)).get()
    }

    /// Reads no more, until `resume()`.
    func pause() async throws {
        try await self.open().setOption(.autoRead, value: false).get()
    }

    /// Starts to read, for a client that was connected without or has paused.
    func resume() async throws {
        try await self.open().setOption(.autoRead, value: true).get()
        try self.open().read()
    }

    func close() async throws {
        try await self.open().close().get()
    }

    /// Breaks the connection off.
    func reset() async throws {
        let channel = try self.open()
        try await channel.eventLoop.submit { channel.closesByReset() }.get()
        try await channel.close().get()
    }

    /// Waits until the text received so far satisfies the condition.
    @discardableResult
    func wait(_ seconds: Double = 10, until condition: @Sendable (String) -> Bool) async throws -> String {
        let end = NIODeadline.now() + .milliseconds(Int64(seconds * 1000))
        while NIODeadline.now() < end {
            let text = self.text
            if condition(text) { return text }
            try await Task.sleep(for: .milliseconds(5))
        }
        throw TimedOut(received: self.text)
    }

    /// Waits until the peer has closed the connection; returns all it sent.
    func readToEnd(_ seconds: Double = 10) async throws -> String {
        let end = NIODeadline.now() + .milliseconds(Int64(seconds * 1000))
        while NIODeadline.now() < end {
            if self.isClosed { return self.text }
            try await Task.sleep(for: .milliseconds(5))
        }
        throw TimedOut(received: self.text)
    }

    /// Sends a request and waits for the end of the connection.
    static func exchange(_ request: String, with harness: ProxyHarness) async throws -> String {
        let client = try await harness.connect()
        try await client.send(request)
        return try await client.readToEnd()
    }

    private func open() throws -> any Channel {
        guard let channel = self.channel.withLock({ $0 }) else { throw ChannelError.ioOnClosedChannel }
        return channel
    }
}

/// Waits for something that happens on another thread.
func eventually(_ seconds: Double = 10, _ condition: @Sendable () -> Bool) async throws -> Bool {
    let end = NIODeadline.now() + .milliseconds(Int64(seconds * 1000))
    while NIODeadline.now() < end {
        if condition() { return true }
        try await Task.sleep(for: .milliseconds(5))
    }
    return condition()
}
