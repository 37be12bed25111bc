import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix

/// An LLM API that writes a token every so often, or answers at once if it is not asked for a stream. It also takes spans.
final class StreamOrigin {
    let port: Int
    private let channel: any Channel

    private init(_ channel: any Channel) {
        self.channel = channel
        port = channel.localAddress?.port ?? 0
    }

    /// - Parameter pace: from one token to the next.
    static func start(_ group: any EventLoopGroup, clock: TokenClock, pace: TimeAmount) async throws -> StreamOrigin {
        let channel = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 256)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(OriginHandler(clock: clock, pace: pace))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return StreamOrigin(channel)
    }

    func stop() async throws { try await channel.close().get() }
}

private final class OriginHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private static let answer =
        #"{"id":"c","object":"chat.completion","created":1700000000,"model":"m","choices":[{"index":0,"message":"#
        + #"{"role":"assistant","content":"Keep it in a box of wood, cut side down."},"finish_reason":"stop"}]}"#

    private let clock: TokenClock
    private let pace: TimeAmount
    private var uri = ""
    private var body = ByteBuffer()

    init(clock: TokenClock, pace: TimeAmount) {
        self.clock = clock
        self.pace = pace
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            uri = head.uri
            body.clear()
        case .body(var part):
            body.writeBuffer(&part)
        case .end:
            let text = String(buffer: body)
            if uri.hasPrefix("/v1/traces") {
                send(context, "application/x-protobuf", "")
            } else if text.contains(#""stream":true"#), let name = Self.model(of: text) {
                begin(context, name)
            } else {
                send(context, "application/json", Self.answer)
            }
        }
    }

    /// The requested model's name, which is the stream's.
    private static func model(of text: String) -> String? {
        guard let place = text.range(of: #""model":""#) else { return nil }
        return String(text[place.upperBound...].prefix { $0 != "\"" })
    }

    private func send(_ context: ChannelHandlerContext, _ kind: String, _ text: String) {
        let headers: HTTPHeaders = ["content-type": kind, "content-length": "\(text.utf8.count)"]
        let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    private func begin(_ context: ChannelHandlerContext, _ name: String) {
        let headers: HTTPHeaders = ["content-type": "text/event-stream", "transfer-encoding": "chunked"]
        let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: pace) { task in
            let (handler, context) = bound.value
            if !handler.writeToken(context, name) { task.cancel() }
        }
    }

    private func writeToken(_ context: ChannelHandlerContext, _ name: String) -> Bool {
        guard context.channel.isActive else { return false }
        func event(_ data: String) { write(context, "data: \(data)\n\n") }
        func chunk(_ delta: String, _ reason: String) -> String {
            #"{"id":"c","object":"chat.completion.chunk","created":1700000000,"model":"m","choices":"#
                + #"[{"index":0,"delta":\#(delta),"finish_reason":\#(reason)}]}"#
        }
        guard let token = clock.write(name) else {
            event(chunk("{}", #""stop""#))
            event("[DONE]")
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            return false
        }
        event(chunk(#"{"content":"\#(token)"}"#, "null"))
        context.flush()
        return true
    }

    private func write(_ context: ChannelHandlerContext, _ text: String) {
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
    }
}
