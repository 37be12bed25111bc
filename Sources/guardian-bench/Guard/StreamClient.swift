import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import TLS

/// A connection that asks one thing after the other and notes when words come.
final class StreamClient: Sendable {
    /// What came of one request.
    struct Arrivals: Sendable {
        var asked: NIODeadline
        /// How many characters of the answer were there when.
        var lengths: [(count: Int, time: NIODeadline)] = []
        var status = 0
        /// What the answer ended with.
        var reason = ""
    }

    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    private let channel: any Channel
    private let handler: NIOLoopBound<ClientHandler>

    private init(_ channel: any Channel, _ handler: NIOLoopBound<ClientHandler>) {
        self.channel = channel
        self.handler = handler
    }

    /// A connection that can be asked: the handshake is over, so that it is in no time that is taken.
    ///
    /// - Parameter tls: nil for plain HTTP.
    static func connect(_ group: any EventLoopGroup, port: Int, tls: TLSContext?) async throws -> StreamClient {
        let eventLoop = group.next()
        let handler = try await eventLoop.submit { NIOLoopBound(ClientHandler(), eventLoop: eventLoop) }.get()
        let opened = eventLoop.makePromise(of: Void.self)
        if tls == nil { opened.succeed() }
        do {
            let channel = try await ClientBootstrap(group: eventLoop)
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        if let tls {
                            try channel.pipeline.syncOperations.addHandler(
                                TLSHandler(context: tls, serverName: "localhost")
                            )
                            try channel.pipeline.syncOperations.addHandler(HandshakeWait(opened))
                        }
                        try channel.pipeline.syncOperations.addHTTPClientHandlers()
                        try channel.pipeline.syncOperations.addHandler(handler.value)
                    }
                }
                .connect(host: "127.0.0.1", port: port).get()
            try await opened.futureResult.get()
            return StreamClient(channel, handler)
        } catch {
            opened.fail(error)
            throw error
        }
    }

    func close() async { try? await channel.close().get() }

    /// - Returns: when the answer came, once it is whole.
    func ask(_ body: String) async throws -> Arrivals {
        try await channel.eventLoop.flatSubmit { [channel, handler] in
            handler.value.ask(body, on: channel)
        }.get()
    }
}

private final class ClientHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private var arrivals = StreamClient.Arrivals(asked: .now())
    private var promise: EventLoopPromise<StreamClient.Arrivals>?
    private var line = ""
    private var length = 0

    func ask(_ body: String, on channel: any Channel) -> EventLoopFuture<StreamClient.Arrivals> {
        let promise = channel.eventLoop.makePromise(of: StreamClient.Arrivals.self)
        self.promise = promise
        (line, length) = ("", 0)
        let headers: HTTPHeaders = [
            "host": "localhost", "content-type": "application/json", "content-length": "\(body.utf8.count)",
        ]
        let head = HTTPRequestHead(version: .http1_1, method: .POST, uri: "/v1/chat/completions", headers: headers)
        arrivals = StreamClient.Arrivals(asked: .now())
        channel.write(HTTPClientRequestPart.head(head), promise: nil)
        channel.write(HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(string: body))), promise: nil)
        channel.writeAndFlush(HTTPClientRequestPart.end(nil)).cascadeFailure(to: promise)
        return promise.futureResult
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): arrivals.status = Int(head.status.code)
        case .body(let part): read(String(buffer: part), at: .now())
        case .end:
            promise?.succeed(arrivals)
            promise = nil
        }
    }

    /// The texts hold nothing that JSON escapes, so that a word ends with the quotation mark.
    private func read(_ text: String, at time: NIODeadline) {
        line += text
        let before = length
        while let end = line.firstIndex(of: "\n") {
            let event = line[..<end]
            if let content = Self.value(of: "content", in: event) { length += content.utf8.count }
            if let reason = Self.value(of: "finish_reason", in: event) { arrivals.reason = String(reason) }
            line.removeSubrange(...end)
        }
        if length > before { arrivals.lengths.append((length, time)) }
    }

    private static func value(of name: String, in event: Substring) -> Substring? {
        guard let place = event.range(of: "\"\(name)\":\"") else { return nil }
        return event[place.upperBound...].prefix { $0 != "\"" }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        promise?.fail(error)
        promise = nil
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        promise?.fail(StreamClient.Failure(description: "the connection ended before its answer"))
        promise = nil
    }
}
