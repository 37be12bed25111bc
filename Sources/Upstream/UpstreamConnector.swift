import NIOCore
import NIOHTTP1
import NIOPosix
import TLS

/// Opens one connection to a peer on a given event loop.
struct UpstreamConnector {
    let peer: UpstreamPeer
    let eventLoop: any EventLoop

    /// What was opened.
    enum Opened {
        /// A connection for one exchange at a time.
        case own(NIOLoopBound<UpstreamConnection>)
        /// One for many.
        case shared(NIOLoopBound<SharedConnection>)
    }

    /// - Parameters:
    ///   - make: makes the last handler. Called once per address that is tried, since a name may have several.
    ///   - share: makes that of a connection in HTTP/2.
    /// - Returns: the last handler of the connection that won, when requests can be written to it.
    func connect(
        _ make: @escaping @Sendable () -> UpstreamConnection,
        share: @escaping @Sendable () -> SharedConnection
    ) -> EventLoopFuture<Opened> {
        let peer = self.peer
        let eventLoop = self.eventLoop
        let bootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(peer.timeouts.connect)
            .channelOption(.autoRead, value: false)
            .channelOption(.maxMessagesPerRead, value: 1)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try Self.addHandlers(to: channel, peer: peer, make, share)
                }
            }
        let connected =
            if let path = peer.socketPath {
                bootstrap.connect(unixDomainSocketPath: path)
            } else {
                bootstrap.connect(host: peer.host, port: peer.port)
            }
        return
            connected
            .flatMap { channel -> EventLoopFuture<any Channel> in
                // Nobody knows what is spoken before the handshake is over.
                guard let chooser = try? channel.pipeline.syncOperations.handler(type: PeerProtocol.self) else {
                    return eventLoop.makeSucceededFuture(channel)
                }
                return chooser.whenChosen.map { channel }
            }
            .flatMap { channel -> EventLoopFuture<Opened> in
                let pipeline = channel.pipeline.syncOperations
                if let shared = try? pipeline.handler(type: SharedConnection.self) {
                    return eventLoop.makeSucceededFuture(.shared(NIOLoopBound(shared, eventLoop: eventLoop)))
                }
                do {
                    let own = NIOLoopBound(try pipeline.handler(type: UpstreamConnection.self), eventLoop: eventLoop)
                    return own.value.whenOpened.map { .own(own) }
                } catch {
                    return eventLoop.makeFailedFuture(error)
                }
            }
    }

    private static func addHandlers(
        to channel: any Channel,
        peer: UpstreamPeer,
        _ make: @escaping () -> UpstreamConnection,
        _ share: @escaping () -> SharedConnection
    ) throws {
        let pipeline = channel.pipeline.syncOperations
        if let tls = peer.tls {
            try pipeline.addHandler(
                TLSHandler(
                    context: tls.current,
                    serverName: peer.serverName ?? peer.host,
                    handshakeTimeout: peer.timeouts.connect
                )
            )
        }
        let choose: (any Channel, Bool) throws -> Void = { channel, isHTTP2 in
            if isHTTP2 {
                try SharedConnection.add(share(), to: channel, limits: peer.limits)
            } else {
                try Self.addHTTP1(to: channel, peer: peer, last: make())
            }
        }
        if peer.http2 == .never || (peer.tls == nil && peer.http2 == .auto) {
            try choose(channel, false)
        } else if peer.tls == nil {
            try choose(channel, true)
        } else {
            let chosen = channel.eventLoop.makePromise(of: Void.self)
            let chooser = PeerProtocol(isAlways: peer.http2 == .always, chosen: chosen, choose: choose)
            try pipeline.addHandler(chooser)
        }
    }

    /// Gives a connection in HTTP/1.1 its handlers: `last` last.
    static func addHTTP1(to channel: any Channel, peer: UpstreamPeer, last: UpstreamConnection) throws {
        let pipeline = channel.pipeline.syncOperations
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = peer.limits.headerBytes
        limits.maxHeaderListSize = peer.limits.headerBytes
        limits.maxHeaderFieldCount = peer.limits.headerCount
        var encoding = HTTPRequestEncoder.Configuration()
        encoding.automaticallySetFramingHeaders = false
        try pipeline.addHandler(ResponseTap(last))
        try pipeline.addHandler(HTTPRequestEncoder(configuration: encoding))
        try pipeline.addHandler(
            ByteToMessageHandler(
                HTTPResponseDecoder(informationalResponseStrategy: .forward, limitConfiguration: limits),
                // Blanks behind a field's colon are none of the parser's limits, and are kept until something else comes.
                maximumBufferSize: peer.limits.headerBytes + (64 << 10)
            )
        )
        try pipeline.addHandler(last)
    }

    /// What a failure to connect means to whoever waited for the connection.
    static func reason(for error: any Error) -> UpstreamError {
        let detail = String(describing: error)
        switch error {
        case let error as UpstreamError:
            return error
        case let error as NIOConnectionError:
            if error.connectionErrors.isEmpty {
                return UpstreamError(.nameNotFound, detail: detail)
            }
            // One address refusing and another timing out is a refusal: the peer's machine is there.
            let reasons = error.connectionErrors.map { Self.reason(for: $0.error) }
            let code = [UpstreamError.Code.connectRefused, .connectTimeout].first { code in
                reasons.contains { $0.code == code }
            }
            return UpstreamError(code ?? .unreachable, detail: detail)
        // A unix socket whose file is not there is one that nobody listens at.
        case let error as IOError where [ECONNREFUSED, ENOENT].contains(error.errnoCode):
            return UpstreamError(.connectRefused, detail: detail)
        case let error as IOError where error.errnoCode == ETIMEDOUT:
            return UpstreamError(.connectTimeout, detail: detail)
        case ChannelError.connectTimeout:
            return UpstreamError(.connectTimeout, detail: detail)
        default:
            return UpstreamError(.unreachable, detail: detail)
        }
    }
}
