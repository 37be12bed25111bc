import NIOCore
import NIOPosix
import Synchronization

/// An upstream that answers with the bytes it is told to, valid or not.
final class RawOrigin: Sendable {
    enum Deed: Sendable {
        case send([UInt8])
        case close
        case closeLater(TimeAmount)

        static func text(_ text: String) -> Deed { .send(Array(text.utf8)) }
    }

    private typealias Script = @Sendable (_ connection: Int, _ all: [UInt8], _ before: Int) -> [Deed]

    private let channel: any Channel
    private let received: Received

    var port: Int { self.channel.localAddress?.port ?? 0 }
    /// What came on each connection so far.
    var connections: [[UInt8]] { self.received.bytes.withLock { $0 } }

    /// Answers in HTTP/1.1, each request as soon as its head is there.
    ///
    /// - Parameter answer: is given the number of the connection and that of the request on it, from 1.
    static func http1(
        _ answer: @escaping @Sendable (_ connection: Int, _ turn: Int) -> [Deed]
    ) async throws -> RawOrigin {
        try await Self.start { connection, all, before in
            let turns = Self.heads(all[...])
            let answered = Self.heads(all.prefix(before))
            return answered < turns ? (answered + 1...turns).flatMap { answer(connection, $0) } : []
        }
    }

    /// Answers in HTTP/2 in the clear, each request when it is whole.
    ///
    /// - Parameter answer: is given the number of the connection, from 1, and the stream.
    static func http2(
        _ answer: @escaping @Sendable (_ connection: Int, _ stream: UInt32) -> [RawFrame]
    ) async throws -> RawOrigin {
        try await Self.start { connection, all, before in
            let frames = Self.frames(all).dropFirst(Self.frames(Array(all.prefix(before))).count)
            var answers = before == 0 ? [RawFrame(.settings)] : []
            for frame in frames {
                if frame.kind == RawFrame.Kind.settings.rawValue, frame.flags & RawFrame.acknowledgement == 0 {
                    answers.append(RawFrame(.settings, flags: RawFrame.acknowledgement))
                }
                if Self.ends(frame) { answers += answer(connection, frame.stream) }
            }
            return [.send(answers.flatMap(\.bytes))]
        }
    }

    /// A whole answer on a stream.
    static func answer(_ text: String, stream: UInt32) -> [RawFrame] {
        [
            RawFrame(.headers, flags: RawFrame.endHeaders, stream: stream, RawFrame.block([(":status", "200")])),
            RawFrame(.data, flags: RawFrame.endStream, stream: stream, Array(text.utf8)),
        ]
    }

    /// The frames of all connections.
    var frames: [RawFrame] { self.connections.flatMap(Self.frames) }
    /// How many requests came whole, by HTTP/2.
    var streams: Int { self.frames.count(where: Self.ends) }

    func stop() async throws {
        try await self.channel.close().get()
    }

    // MARK: Inside

    private final class Received: Sendable {
        let bytes = Mutex<[[UInt8]]>([])
    }

    private init(channel: any Channel, received: Received) {
        self.channel = channel
        self.received = received
    }

    private static func start(_ script: @escaping Script) async throws -> RawOrigin {
        let received = Received()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Receiver(received, script))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return RawOrigin(channel: channel, received: received)
    }

    private static func heads(_ bytes: some Sequence<UInt8>) -> Int {
        String(decoding: Array(bytes), as: UTF8.self).components(of: "\r\n\r\n")
    }

    private static func frames(_ bytes: [UInt8]) -> [RawFrame] {
        RawFrame.parse(Array(bytes.dropFirst("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8.count)))
    }

    private static func ends(_ frame: RawFrame) -> Bool {
        (frame.kind == RawFrame.Kind.headers.rawValue || frame.kind == RawFrame.Kind.data.rawValue)
            && frame.flags & RawFrame.endStream != 0
    }

    private final class Receiver: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let received: Received
        private let script: Script
        private let index: Int

        init(_ received: Received, _ script: @escaping Script) {
            self.received = received
            self.script = script
            self.index = received.bytes.withLock {
                $0.append([])
                return $0.count - 1
            }
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = Self.unwrapInboundIn(data).readableBytesView
            let (before, all) = self.received.bytes.withLock { received in
                let before = received[self.index].count
                received[self.index] += bytes
                return (before, received[self.index])
            }
            for deed in self.script(self.index + 1, all, before) {
                switch deed {
                case .send(let bytes):
                    context.writeAndFlush(Self.wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
                case .close:
                    context.close(promise: nil)
                case .closeLater(let time):
                    context.eventLoop.assumeIsolated().scheduleTask(in: time) { context.close(promise: nil) }
                }
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }
    }
}
