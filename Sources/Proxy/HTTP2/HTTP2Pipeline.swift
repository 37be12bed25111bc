import NIOCore
import NIOHPACK
import NIOHTTP2
import TLS

/// The handlers of a client's connection that speaks HTTP/2 (RFC 9113), and of its streams.
enum HTTP2Pipeline {
    /// What a stream may send before it is read from, and so what it can make us hold. The connection's own window is
    /// given back as data comes, so a connection holds at most this much for each of its streams.
    static let streamWindow = 65_535
    /// Bytes of an answer that wait in one stream before its session is held up.
    static let writeBuffer = 64 * 1024

    static func add(to channel: any Channel, peer: ConnectionPeer, worker: ProxyWorker) throws {
        let pipeline = channel.pipeline.syncOperations
        let limits = worker.configuration.limits
        let tls = try pipeline.handler(type: TLSHandler.self)
        // The last stream has ended, and the connection is closed, when its last frame is written, and not when it is taken.
        tls.stallTimeout = limits.writeStallTime
        let connection = HTTP2Connection(worker: worker, peer: peer, tls: tls)
        let streams = NIOLoopBound(connection, eventLoop: channel.eventLoop)
        // Sends GOAWAY twice on `ChannelShouldQuiesceEvent`, and closes after the last stream.
        let ending = NIOHTTP2ServerConnectionManagementHandler(
            eventLoop: channel.eventLoop,
            configuration: .init(maxIdleTime: nil, maxAge: nil, maxGraceTime: nil, keepalive: nil)
        )
        let frames = NIOHTTP2Handler(
            mode: .server,
            eventLoop: channel.eventLoop,
            connectionConfiguration: Self.connectionConfiguration(limits),
            streamConfiguration: Self.streamConfiguration(limits),
            streamDelegate: ending.http2StreamDelegate
        ) { stream in
            stream.eventLoop.makeCompletedFuture {
                try stream.syncOptions?.setOption(.autoRead, value: false)
                try stream.pipeline.syncOperations.addHandler(HTTP2Stream(connection: streams.value))
            }
        }
        try pipeline.addHandler(FlushGathering())
        try pipeline.addHandler(frames)
        try pipeline.addHandler(ending)
        try pipeline.addHandler(connection)
        // Frames that steer the connection must be seen whether or not a stream wants data; windows bound the data.
        try channel.syncOptions?.setOption(.autoRead, value: true)
        // The option reaches the socket only. What came with the end of the handshake waits in the TLS handler until it is asked.
        channel.read()
    }

    private static func connectionConfiguration(_ limits: ProxyLimits) -> NIOHTTP2Handler.ConnectionConfiguration {
        var configuration = NIOHTTP2Handler.ConnectionConfiguration()
        configuration.initialSettings = [
            HTTP2Setting(parameter: .maxConcurrentStreams, value: limits.concurrentStreams),
            HTTP2Setting(parameter: .maxHeaderListSize, value: limits.headerBytes),
            HTTP2Setting(parameter: .initialWindowSize, value: Self.streamWindow),
        ]
        configuration.targetWindowSize = 1 << 20
        configuration.maximumSequentialContinuationFrames = limits.continuationFrames
        // Answers to pings and settings that the client does not read.
        configuration.maximumBufferedControlFrames = 2 * limits.controlFrames
        configuration.controlFrameRateLimit.maximumCount = limits.controlFrames
        configuration.controlFrameRateLimit.windowLength = limits.http2Window
        configuration.maximumConnectionGlitches = limits.streamResets
        // What is still on its way on a stream that was reset must not pass for an error of the connection, and all may be reset at
        // a time.
        configuration.maximumRecentlyResetStreams = min(4096, max(32, 2 * limits.concurrentStreams))
        return configuration
    }

    private static func streamConfiguration(_ limits: ProxyLimits) -> NIOHTTP2Handler.StreamConfiguration {
        var configuration = NIOHTTP2Handler.StreamConfiguration()
        configuration.targetWindowSize = Self.streamWindow
        configuration.outboundBufferSizeHighWatermark = Self.writeBuffer
        configuration.outboundBufferSizeLowWatermark = Self.writeBuffer / 2
        configuration.streamResetFrameRateLimit.maximumCount = limits.streamResets
        configuration.streamResetFrameRateLimit.windowLength = limits.http2Window
        configuration.streamErrorRateLimit.maximumCount = limits.streamResets
        configuration.streamErrorRateLimit.windowLength = limits.http2Window
        return configuration
    }
}
