import NIOCore
import NIOHTTP1
import NIOPosix

/// An origin within the benchmark: answers a request with server-sent events that are numbered, as many as the path asks for
/// (`/events/COUNT`), and any other with a short chat completion.
struct EventOrigin {
    let port: Int
    private let channel: any Channel

    static func start(on group: MultiThreadedEventLoopGroup) async throws -> EventOrigin {
        let channel = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 4096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(EventWriter())
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return EventOrigin(port: channel.localAddress?.port ?? 0, channel: channel)
    }

    func stop() async throws { try await channel.close() }

    static let answer =
        #"{"id":"c","object":"chat.completion","created":1700000000,"model":"m","choices":[{"index":0,"message":"#
        + #"{"role":"assistant","content":"Keep it in a box of wood, cut side down."},"finish_reason":"stop"}]}"#

    /// An event, as it must come out at the other end.
    static func event(_ number: Int) -> String {
        #"data: {"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"word \#(number)"}}]}"#
            + "\n\n"
    }
}

/// Writes an event whenever there is room for one, each by itself.
private final class EventWriter: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private var count = 0
    private var sent = 0
    private var isSending = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch Self.unwrapInboundIn(data) {
        case .head(let head):
            let parts = head.uri.split(separator: "/")
            count = parts.first == "events" ? parts.last.flatMap { Int($0) } ?? 0 : 0
            sent = 0
        case .body: break
        case .end: begin(context)
        }
    }

    private func begin(_ context: ChannelHandlerContext) {
        var headers: HTTPHeaders = ["content-type": count > 0 ? "text/event-stream" : "application/json"]
        if count > 0 {
            headers.add(name: "transfer-encoding", value: "chunked")
        } else {
            headers.add(name: "content-length", value: "\(EventOrigin.answer.utf8.count)")
        }
        context.write(
            Self.wrapOutboundOut(.head(.init(version: .http1_1, status: .ok, headers: headers))),
            promise: nil
        )
        isSending = true
        if count == 0 {
            context.write(
                Self.wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: EventOrigin.answer)))),
                promise: nil
            )
        }
        go(on: context)
    }

    private func go(on context: ChannelHandlerContext) {
        guard isSending else { return }
        // A turn of the loop for each: an LLM's words come one by one, and no stream shall wait for another's.
        if sent < count {
            guard context.channel.isWritable else { return }
            let event = ByteBuffer(string: EventOrigin.event(sent))
            sent += 1
            context.writeAndFlush(Self.wrapOutboundOut(.body(.byteBuffer(event))), promise: nil)
            let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            context.eventLoop.execute { bound.value.0.go(on: bound.value.1) }
        } else {
            isSending = false
            context.writeAndFlush(Self.wrapOutboundOut(.end(nil)), promise: nil)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { go(on: context) }
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        isSending = false
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

@available(*, unavailable)
extension EventWriter: Sendable {}
