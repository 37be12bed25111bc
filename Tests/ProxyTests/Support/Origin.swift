import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOPosix
import Synchronization
import TLS

/// A real HTTP/1.1 or HTTP/2 server that the proxy forwards to. The path of a request chooses how it answers; everything that
/// reaches it is kept.
final class Origin: Sendable {
    struct Request: Sendable {
        var head: HTTPRequestHead
        var body: String = ""
        var isComplete = false
    }

    struct Seen: Sendable {
        /// Over HTTP/2, streams.
        var connections = 0
        /// Connections in HTTP/2, and the channels of those that are open.
        var shared = 0
        var open: [any Channel] = []
        var closed = 0
        var requests: [Request] = []
        /// Bytes of an endless answer that were handed to the socket.
        var bytesWritten = 0
        /// What goes on with the answers that wait for the test.
        var held: [@Sendable () -> Void] = []
    }

    let seen = Mutex(Seen())
    let port: Int
    private let channel: any Channel

    /// - Parameters:
    ///   - tls: nil for a server in the clear.
    ///   - isHTTP2: what it speaks, whatever ALPN says.
    static func start(
        _ group: MultiThreadedEventLoopGroup,
        tls: TLSContext? = nil,
        isHTTP2: Bool = false
    ) async throws -> Origin {
        let box = Mutex<Origin?>(nil)
        let boxed = Box(box)
        let channel = try await ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls { try channel.pipeline.syncOperations.addHandler(TLSHandler(context: tls)) }
                    if isHTTP2 {
                        try boxed.value.withLock { $0 }?.addHTTP2(to: channel)
                        return
                    }
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline(
                        withPipeliningAssistance: false,
                        withErrorHandling: false
                    )
                    if let origin = boxed.value.withLock({ $0 }) {
                        try channel.pipeline.syncOperations.addHandler(OriginHandler(origin))
                    }
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let origin = Origin(channel: channel)
        boxed.value.withLock { $0 = origin }
        return origin
    }

    private init(channel: any Channel) {
        self.channel = channel
        self.port = channel.localAddress?.port ?? 0
    }

    private func addHTTP2(to channel: any Channel) throws {
        self.seen.withLock {
            $0.shared += 1
            $0.open.append(channel)
        }
        let frames = NIOHTTP2Handler(mode: .server, eventLoop: channel.eventLoop) { stream in
            stream.eventLoop.makeCompletedFuture {
                try stream.pipeline.syncOperations.addHandler(HTTP2FramePayloadToHTTP1ServerCodec())
                try stream.pipeline.syncOperations.addHandler(OriginHandler(self))
            }
        }
        try channel.pipeline.syncOperations.addHandler(frames)
    }

    /// Ends every connection in HTTP/2.
    func hangUp() {
        let open = self.seen.withLock { seen in
            defer { seen.open = [] }
            return seen.open
        }
        for channel in open { channel.close(promise: nil) }
    }

    func stop() async throws {
        try await self.channel.close().get()
    }

    /// Sends the rest of every answer to `/held-events`, however long the test took to get here.
    func goOn() {
        let held = self.seen.withLock { seen in
            defer { seen.held = [] }
            return seen.held
        }
        for resume in held { resume() }
    }

    var requests: [Request] { self.seen.withLock { $0.requests } }
    var connections: Int { self.seen.withLock { $0.connections } }
    var shared: Int { self.seen.withLock { $0.shared } }
    var closed: Int { self.seen.withLock { $0.closed } }
    var bytesWritten: Int { self.seen.withLock { $0.bytesWritten } }
}

private final class Box: Sendable {
    let value: Mutex<Origin?>
    init(_ value: consuming Mutex<Origin?>) { self.value = value }
}

private final class OriginHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let origin: Origin
    private var request = Origin.Request(head: .init(version: .http1_1, method: .GET, uri: "/"))
    private var index = 0
    private var isEndless = false
    private var served = 0

    init(_ origin: Origin) {
        self.origin = origin
        origin.seen.withLock { $0.connections += 1 }
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.isEndless = false
        self.origin.seen.withLock { $0.closed += 1 }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch Self.unwrapInboundIn(data) {
        case .head(let head):
            self.request = .init(head: head)
            self.index = self.origin.seen.withLock {
                $0.requests.append(self.request)
                return $0.requests.count - 1
            }
            self.begin(context)
        case .body(let chunk):
            self.request.body += String(buffer: chunk)
            self.keep()
        case .end:
            self.request.isComplete = true
            self.keep()
            self.answer(context)
            self.served += 1
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if self.isEndless { self.pour(context) }
    }

    private func keep() {
        let request = self.request
        self.origin.seen.withLock { $0.requests[self.index] = request }
    }

    private var path: String {
        String(self.request.head.uri.prefix { $0 != "?" })
    }

    /// Answers that begin before the request has ended.
    private func begin(_ context: ChannelHandlerContext) {
        if self.path == "/early" {
            self.head(context, ["content-length": "5", "connection": "close"], status: .payloadTooLarge)
            self.write(context, "early")
            self.end(context)
            context.close(promise: nil)
        }
    }

    private func answer(_ context: ChannelHandlerContext) {
        switch self.path {
        case "/echo":
            self.reply(context, self.request.body)
        case "/chunked":
            self.head(context, ["transfer-encoding": "chunked"])
            for word in ["one", "two", "three"] { self.write(context, word) }
            self.end(context)
        case "/headers":
            let lines = self.request.head.headers.map { "\($0.name.lowercased()): \($0.value)\n" }.sorted()
            self.reply(context, self.request.head.uri + "\n" + lines.joined())
        case "/hops":
            self.reply(
                context,
                "x",
                [
                    "connection": "x-secret", "x-secret": "1", "keep-alive": "timeout=5", "x-plain": "2",
                    "alt-svc": "h3",
                    "x-request-id": "theirs",
                ]
            )
        case "/silent", "/early":
            break
        case "/half":
            self.head(context, ["content-length": "100"])
            self.write(context, "0123456789")
            context.close(promise: nil)
        case "/half-chunked":
            self.head(context, ["transfer-encoding": "chunked"])
            self.write(context, "0123456789")
            self.closeSoon(context)
        case "/stall":
            self.head(context, ["content-length": "100"])
            self.write(context, "0123456789")
        case "/gzip":
            self.reply(context, "not really", ["content-encoding": "gzip"])
        case "/garbage":
            self.raw(context, "SSH-2.0-OpenSSH\r\n\r\n")
        case "/two-lengths":
            self.raw(context, "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab")
        case "/both-framings":
            self.raw(
                context,
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-length: 2\r\n\r\n2\r\nab\r\n0\r\n\r\n"
            )
        case "/surplus":
            self.raw(
                context,
                "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nabHTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil"
            )
        case "/switch":
            self.raw(context, "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n")
        case "/hint":
            self.raw(
                context,
                "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
            )
        case "/until-close":
            self.raw(context, "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nto the end")
            context.close(promise: nil)
        case "/many-fields":
            self.raw(
                context,
                "HTTP/1.1 200 OK\r\n" + String(repeating: "x: y\r\n", count: 300) + "content-length: 0\r\n\r\n"
            )
        case "/close":
            self.reply(context, "bye", ["connection": "close"])
            context.close(promise: nil)
        case "/vanish":
            context.close(promise: nil)
        case "/once":
            // The second request on a connection gets nothing but its end: a limit that ran out at the wrong moment.
            if self.served > 0 { return context.close(promise: nil) }
            self.reply(context, "fine")
        case "/nothing":
            self.head(context, [:], status: .noContent)
            self.end(context)
        case "/events":
            self.head(context, ["content-type": "text/event-stream", "transfer-encoding": "chunked"])
            self.write(context, "data: first\n\n")
            self.later(context, "data: second\n\n")
        case "/held-events":
            self.head(context, ["content-type": "text/event-stream", "transfer-encoding": "chunked"])
            self.write(context, "data: first\n\n")
            self.hold(context, "data: second\n\n")
        case "/endless":
            self.head(context, ["transfer-encoding": "chunked"])
            self.isEndless = true
            self.pour(context)
        default:
            self.reply(context, "hello")
        }
    }

    private func pour(_ context: ChannelHandlerContext) {
        let block = String(repeating: "z", count: 16 * 1024)
        while self.isEndless, context.channel.isWritable {
            self.origin.seen.withLock { $0.bytesWritten += block.utf8.count }
            self.write(context, block)
        }
    }

    private func later(_ context: ChannelHandlerContext, _ text: String) {
        context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(300)) {
            self.write(context, text)
            self.end(context)
        }
    }

    private func hold(_ context: ChannelHandlerContext, _ text: String) {
        let loop = context.eventLoop
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: loop)
        self.origin.seen.withLock {
            $0.held.append {
                loop.execute {
                    let (handler, context) = bound.value
                    handler.write(context, text)
                    handler.end(context)
                }
            }
        }
    }

    private func closeSoon(_ context: ChannelHandlerContext) {
        context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(50)) { context.close(promise: nil) }
    }

    private func reply(_ context: ChannelHandlerContext, _ body: String, _ fields: HTTPHeaders = [:]) {
        var fields = fields
        fields.add(name: "content-length", value: "\(body.utf8.count)")
        self.head(context, fields)
        if self.request.head.method != .HEAD { self.write(context, body) }
        self.end(context)
    }

    private func head(_ context: ChannelHandlerContext, _ fields: HTTPHeaders, status: HTTPResponseStatus = .ok) {
        let head = HTTPResponseHead(version: .http1_1, status: status, headers: fields)
        context.writeAndFlush(Self.wrapOutboundOut(.head(head)), promise: nil)
    }

    private func write(_ context: ChannelHandlerContext, _ text: String) {
        context.writeAndFlush(Self.wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
    }

    private func end(_ context: ChannelHandlerContext) {
        context.writeAndFlush(Self.wrapOutboundOut(.end(nil)), promise: nil)
    }

    /// Past the encoder, from the head of the pipeline.
    private func raw(_ context: ChannelHandlerContext, _ text: String) {
        let buffer = ByteBuffer(string: text)
        context.channel.pipeline.syncOperations.withEncoderContext { $0.writeAndFlush(NIOAny(buffer), promise: nil) }
    }
}

extension ChannelPipeline.SynchronousOperations {
    fileprivate func withEncoderContext(_ body: (ChannelHandlerContext) -> Void) {
        if let context = try? self.context(handlerType: HTTPResponseEncoder.self) { body(context) }
    }
}
