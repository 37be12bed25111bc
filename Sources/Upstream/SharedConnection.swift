import NIOCore
import NIOHTTP1
import NIOHTTP2

/// An HTTP/2 connection to a peer (RFC 9113). Its streams are what the pool has for connections: one exchange each.
///
/// Takes new streams until the peer says GOAWAY, until it is too old, or until it breaks; closes when it has had none for as long
/// as a connection may be idle. Belongs to its event loop.
final class SharedConnection: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame

    private weak var pool: ConnectionPool?
    private let limits: UpstreamLimits
    private let isTLS: Bool
    private let idleTimer: StageTimer
    private let retiresAt: NIODeadline
    private let eventLoop: any EventLoop
    private var context: ChannelHandlerContext?
    private var streams: NIOHTTP2Handler.StreamMultiplexer?
    private var openStreams = 0
    /// Streams that were reset on this side.
    private var calledOff = 0
    private var mostStreams = 100
    private var isEnding = false
    /// The last stream that the peer deals with, once it has said GOAWAY.
    private var lastStream: HTTP2StreamID?

    init(pool: ConnectionPool) {
        self.pool = pool
        self.limits = pool.peer.limits
        self.isTLS = pool.peer.scheme == .https
        self.idleTimer = StageTimer(eventLoop: pool.eventLoop)
        self.eventLoop = pool.eventLoop
        let age = pool.peer.limits.connectionAge.nanoseconds
        self.retiresAt = .now() + .nanoseconds(age - .random(in: 0...max(0, age / 10)))
    }

    /// Gives a connection its handlers: this one last.
    static func add(_ last: SharedConnection, to channel: any Channel, limits: UpstreamLimits) throws {
        let frames = NIOHTTP2Handler(
            mode: .client,
            eventLoop: channel.eventLoop,
            connectionConfiguration: Self.connectionConfiguration(limits),
            streamConfiguration: Self.streamConfiguration()
        ) { pushed in
            // Nobody asked for it, and it was said so.
            pushed.close()
        }
        try channel.pipeline.syncOperations.addHandler(frames)
        last.streams = try frames.syncMultiplexer()
        try channel.pipeline.syncOperations.addHandler(last)
        // Frames that steer the connection must be seen whether or not a stream wants data; windows bound the data.
        try channel.syncOptions?.setOption(.autoRead, value: true)
        // The option reaches the socket only. What came with the end of the handshake waits in the TLS handler until it is asked.
        channel.read()
    }

    private static func connectionConfiguration(_ limits: UpstreamLimits) -> NIOHTTP2Handler.ConnectionConfiguration {
        var configuration = NIOHTTP2Handler.ConnectionConfiguration()
        configuration.initialSettings = [
            HTTP2Setting(parameter: .enablePush, value: 0),
            HTTP2Setting(parameter: .maxHeaderListSize, value: limits.headerBytes),
            HTTP2Setting(parameter: .initialWindowSize, value: Self.window),
        ]
        configuration.targetWindowSize = 4 * Self.window
        // What is still on its way on a stream that was called off must not pass for an error of the connection: as many may be
        // called off at a time as there may be.
        configuration.maximumRecentlyResetStreams = 1024
        configuration.maximumSequentialEmptyDataFrames = Self.oddities
        configuration.maximumConnectionGlitches = Self.oddities
        configuration.controlFrameRateLimit.maximumCount = Self.oddities
        return configuration
    }

    private static func streamConfiguration() -> NIOHTTP2Handler.StreamConfiguration {
        var configuration = NIOHTTP2Handler.StreamConfiguration()
        configuration.targetWindowSize = Self.window
        configuration.outboundBufferSizeHighWatermark = 64 * 1024
        configuration.outboundBufferSizeLowWatermark = 32 * 1024
        configuration.streamResetFrameRateLimit.maximumCount = Self.oddities
        configuration.streamErrorRateLimit.maximumCount = Self.oddities
        return configuration
    }

    /// What a stream may send before it is read from.
    private static let window = 256 * 1024
    /// How much of what a hostile client would do is borne from a peer. The frame handler's own limits are for clients; an
    /// overloaded server that refuses streams goes beyond them, and would lose the exchanges that it is busy with. Bounded all the
    /// same: room for so many times is set aside.
    private static let oddities = 10_000
    /// Peers close a connection on which too many streams are reset (CVE-2023-44487), and with it the exchanges of others. Far below
    /// what common servers put up with, so that those that are under way may be called off too.
    private static let mostCalledOff = 50

    // MARK: Called by the pool

    /// Whether a stream more is to be had.
    var hasRoom: Bool {
        self.context != nil && !self.isEnding && self.openStreams < self.mostStreams && .now() < self.retiresAt
    }

    /// Opens a stream.
    ///
    /// - Returns: its last handler, when a request can be written to it.
    func open(_ id: PoolStateMachine.ConnectionID) -> EventLoopFuture<NIOLoopBound<UpstreamConnection>> {
        let eventLoop = self.eventLoop
        guard let pool = self.pool, let streams = self.streams, self.context != nil else {
            return eventLoop.makeFailedFuture(UpstreamError(.closedEarly))
        }
        self.openStreams += 1
        self.idleTimer.clearStage()
        let bound = NIOLoopBound((self, pool), eventLoop: eventLoop)
        let scheme: HTTP2FramePayloadToHTTP1ClientCodec.HTTPProtocol = self.isTLS ? .https : .http
        let channel = streams.createStreamChannel { channel in
            channel.eventLoop.makeCompletedFuture {
                let connection = UpstreamConnection(id: id, pool: bound.value.1, streamOf: bound.value.0)
                try channel.syncOptions?.setOption(.autoRead, value: false)
                try channel.pipeline.syncOperations.addHandler(
                    HTTP2FramePayloadToHTTP1ClientCodec(httpProtocol: scheme)
                )
                try channel.pipeline.syncOperations.addHandler(connection)
            }
        }
        channel.assumeIsolated().whenComplete { result in
            switch result {
            case .success(let channel):
                channel.closeFuture.assumeIsolated().whenComplete { _ in bound.value.0.streamClosed() }
            case .failure: bound.value.0.streamClosed()
            }
        }
        return
            channel
            .flatMapThrowing { channel in
                NIOLoopBound(
                    try channel.pipeline.syncOperations.handler(type: UpstreamConnection.self),
                    eventLoop: eventLoop
                )
            }
            .flatMap { connection in connection.value.whenOpened.map { connection } }
    }

    /// Whether the peer said that it has nothing to do with a stream.
    func leavesOut(_ stream: HTTP2StreamID) -> Bool {
        self.lastStream.map { stream > $0 } ?? false
    }

    /// A stream is about to be reset: whoever waited for its answer has left, or the answer came before all of the request went out.
    func callsOff() {
        self.calledOff += 1
        if self.calledOff >= Self.mostCalledOff { self.end() }
    }

    /// Takes no more streams, and closes after the last.
    func end() {
        self.isEnding = true
        if self.openStreams == 0 { self.close() }
    }

    // MARK: Lifecycle

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        self.idleTimer.onExpiry = { [weak self] _ in self?.end() }
        self.idleTimer.stage(in: self.limits.idleTime)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.gone()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.gone()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch Self.unwrapInboundIn(data).payload {
        case .goAway(let lastStream, _, _):
            self.lastStream = lastStream
            self.end()
        case .settings(.settings(let settings)):
            if let most = settings.last(where: { $0.parameter == .maxConcurrentStreams }) {
                self.mostStreams = min(1000, most.value)
            }
        default:
            break
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // What concerns one stream was told to it, or to whoever wrote to it.
        if error is NIOHTTP2Errors.StreamClosed || error is NIOHTTP2Errors.CreatedStreamAfterGoaway
            || HTTP2MessageFault.isReported(by: error)
        {
            return
        }
        // Whoever wrote to it was told. But where it was the peer that spoke of it, the frame handler has said GOAWAY and gives the
        // connection up: those that are under way may end on it, and no more begin.
        if error is NIOHTTP2Errors.NoSuchStream { return self.end() }
        self.isEnding = true
        self.close()
    }

    private func streamClosed() {
        self.openStreams -= 1
        guard self.openStreams == 0 else { return }
        if self.isEnding || .now() >= self.retiresAt {
            self.close()
        } else {
            self.idleTimer.stage(in: self.limits.idleTime)
        }
    }

    private func close() {
        self.context?.close(promise: nil)
    }

    private func gone() {
        guard self.context != nil else { return }
        self.context = nil
        self.isEnding = true
        self.idleTimer.stop()
        self.pool?.lost(self)
    }
}

@available(*, unavailable)
extension SharedConnection: Sendable {}
