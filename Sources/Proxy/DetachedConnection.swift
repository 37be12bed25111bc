package import Logging
package import NIOCore

/// Serves a channel that no listener accepted: what fuzzing feeds, and whatever else has bytes and no socket.
package enum DetachedConnection {
    /// Gives a channel the handlers of a client's connection that speaks HTTP/1 in the clear.
    ///
    /// There is no upstream: a request that the filter passes on is answered 502. To be called on the channel's event loop.
    package static func serveHTTP1(
        on channel: any Channel,
        filter: any ProxyFilter,
        limits: ProxyLimits = .init(),
        logger: Logger
    ) throws {
        let worker = ProxyWorker(
            eventLoop: channel.eventLoop,
            configuration: ProxyConfiguration(listeners: [], limits: limits),
            filter: filter,
            metrics: ProxyMetrics(),
            logger: logger
        )
        try HTTP1Pipeline.add(to: channel, peer: ConnectionPeer(nil, isTLS: false), worker: worker)
    }
}
