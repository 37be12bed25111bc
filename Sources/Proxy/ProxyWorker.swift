import Logging
import NIOCore
import Upstream

/// What the connections of one event loop share: the upstream's connections and the list of themselves.
///
/// Belongs to its loop, like all it holds, so nothing here takes a lock.
final class ProxyWorker {
    let eventLoop: any EventLoop
    let configuration: ProxyConfiguration
    let filter: any ProxyFilter
    let metrics: ProxyMetrics
    let logger: Logger
    let upstream: UpstreamCluster?

    let forwardedFields: ForwardedFields
    /// Names for exchanges.
    var requestIDs = RequestIDs()

    private(set) var isDraining = false
    private var connections: [ObjectIdentifier: any WorkerConnection] = [:]
    private var emptied: EventLoopPromise<Void>?

    init(
        eventLoop: any EventLoop,
        configuration: ProxyConfiguration,
        filter: any ProxyFilter,
        metrics: ProxyMetrics,
        logger: Logger
    ) {
        self.eventLoop = eventLoop
        self.configuration = configuration
        self.filter = filter
        self.metrics = metrics
        self.logger = logger
        self.forwardedFields = configuration.forwardedFields
        self.upstream = configuration.upstream.map { UpstreamCluster($0, eventLoop: eventLoop, logger: logger) }
    }

    func add(_ connection: any WorkerConnection) {
        self.connections[ObjectIdentifier(connection)] = connection
    }

    func remove(_ connection: any WorkerConnection) {
        self.connections.removeValue(forKey: ObjectIdentifier(connection))
        self.settleIfEmpty()
    }

    /// Idle connections close now, the others after the answer they are at.
    ///
    /// - Returns: succeeds when no connection is left.
    func drain() -> EventLoopFuture<Void> {
        self.eventLoop.assertInEventLoop()
        let promise = self.emptied ?? self.eventLoop.makePromise(of: Void.self)
        self.emptied = promise
        self.isDraining = true
        for connection in Array(self.connections.values) {
            connection.drain()
        }
        self.settleIfEmpty()
        return promise.futureResult
    }

    /// Closes what is left, whatever it is at, and the upstream's idle connections.
    func cut() {
        self.eventLoop.assertInEventLoop()
        for connection in Array(self.connections.values) {
            connection.cut()
        }
        self.upstream?.shutDown()
    }

    private func settleIfEmpty() {
        if self.isDraining, self.connections.isEmpty {
            self.emptied?.succeed(())
        }
    }
}

@available(*, unavailable)
extension ProxyWorker: Sendable {}
