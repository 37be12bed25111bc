package import Logging
package import NIOCore

/// The connections of one event loop to one peer.
///
/// Belongs to its loop and takes no lock: an exchange, its connection and the client it works for are all served by the
/// same thread. The decisions are `PoolStateMachine`'s; this class carries them out.
package final class ConnectionPool {
    package let peer: UpstreamPeer
    package let eventLoop: any EventLoop

    private let logger: Logger
    private var machine: PoolStateMachine { didSet { self.reportUse() } }
    private let use: PoolUse
    /// What this pool told last.
    private var reported = PoolUse.Counts()
    private var connections: [PoolStateMachine.ConnectionID: UpstreamConnection] = [:]
    private var waiters: [PoolStateMachine.WaiterID: UpstreamExchange] = [:]
    private var idleTimers: [PoolStateMachine.ConnectionID: Scheduled<Void>] = [:]
    private var lastWaiterID: PoolStateMachine.WaiterID = 0

    /// - Parameter use: where this pool's counts are added to those of the other loops.
    package init(peer: UpstreamPeer, use: PoolUse = PoolUse(), eventLoop: any EventLoop, logger: Logger) {
        self.use = use
        self.peer = peer
        self.eventLoop = eventLoop
        self.logger = logger
        self.machine = PoolStateMachine(
            maxConnections: peer.limits.connections,
            maxWaiting: peer.limits.waiting,
            maxIdle: peer.limits.idleConnections
        )
    }

    private func reportUse() {
        let counts = PoolUse.Counts(
            connections: self.machine.connectionCount,
            idle: self.machine.idleCount,
            waiting: self.machine.waitingCount
        )
        guard counts != self.reported else { return }
        self.use.change(from: self.reported, to: counts)
        self.reported = counts
    }

    /// Connections open, being opened, or in use.
    package var connectionCount: Int { self.machine.connectionCount }
    /// Connections kept open without use.
    package var idleCount: Int { self.machine.idleCount }

    /// Closes what is idle and refuses new exchanges. Those under way go on.
    package func shutDown() {
        self.eventLoop.assertInEventLoop()
        let (close, fail) = self.machine.shutDown()
        for id in close {
            self.idleTimers.removeValue(forKey: id)?.cancel()
            self.connections[id]?.close()
        }
        for id in fail {
            self.waiters.removeValue(forKey: id)?.refused(UpstreamError(.poolExhausted, detail: "shutting down"))
        }
    }

    // MARK: Called by exchanges

    func makeWaiterID() -> PoolStateMachine.WaiterID {
        self.lastWaiterID += 1
        return self.lastWaiterID
    }

    func lease(_ exchange: UpstreamExchange, fresh: Bool) {
        self.eventLoop.assertInEventLoop()
        switch self.machine.lease(exchange.id, fresh: fresh) {
        case .use(let id):
            self.hand(id, to: exchange)
        case .connect(let id):
            self.waiters[exchange.id] = exchange
            self.open(id)
        case .wait:
            self.waiters[exchange.id] = exchange
        case .refuse:
            exchange.refused(UpstreamError(.poolExhausted, detail: "too many requests wait for a connection"))
        }
    }

    func cancel(_ exchange: UpstreamExchange) {
        if self.machine.cancel(exchange.id) {
            self.waiters.removeValue(forKey: exchange.id)
        }
    }

    /// Why an exchange that waited too long had to wait.
    func whyWaiting() -> UpstreamError {
        self.machine.connectingCount > 0
            ? UpstreamError(.connectTimeout) : UpstreamError(.poolExhausted, detail: "no connection became free")
    }

    // MARK: Called by connections

    func released(_ connection: UpstreamConnection) {
        self.run(self.machine.released(connection.id), for: connection)
    }

    func closed(_ connection: UpstreamConnection) {
        self.connections.removeValue(forKey: connection.id)
        self.idleTimers.removeValue(forKey: connection.id)?.cancel()
        self.run(self.machine.closed(connection.id))
    }

    // MARK: Inside

    private func run(_ action: PoolStateMachine.FreeAction, for connection: UpstreamConnection) {
        switch action {
        case .serve(let waiter):
            if let exchange = self.waiters.removeValue(forKey: waiter) {
                exchange.leased(connection)
            } else {
                connection.close()
            }
        case .park:
            let id = connection.id
            self.idleTimers[id] = self.eventLoop.assumeIsolated().scheduleTask(in: self.peer.limits.idleTime) {
                [weak self] in self?.idleLimitReached(id)
            }
        case .close:
            connection.close()
        }
    }

    private func run(_ action: PoolStateMachine.LossAction) {
        switch action {
        case .none: break
        case .connect(let id): self.open(id)
        }
    }

    private func hand(_ id: PoolStateMachine.ConnectionID, to exchange: UpstreamExchange) {
        self.idleTimers.removeValue(forKey: id)?.cancel()
        guard let connection = self.connections[id], connection.isActive else {
            // It closed in this very turn of the loop; its own notice is still to come.
            self.run(self.machine.closed(id))
            return self.lease(exchange, fresh: false)
        }
        self.waiters.removeValue(forKey: exchange.id)
        exchange.leased(connection)
    }

    private func idleLimitReached(_ id: PoolStateMachine.ConnectionID) {
        self.idleTimers.removeValue(forKey: id)
        if self.machine.idleLimitReached(id) {
            self.connections[id]?.close()
        }
    }

    private func open(_ id: PoolStateMachine.ConnectionID) {
        let bound = NIOLoopBound(self, eventLoop: self.eventLoop)
        UpstreamConnector(peer: self.peer, eventLoop: self.eventLoop).connect {
            UpstreamConnection(id: id, pool: bound.value)
        }.assumeIsolated().whenComplete { result in
            self.opened(id, result)
        }
    }

    private func opened(
        _ id: PoolStateMachine.ConnectionID,
        _ result: Result<NIOLoopBound<UpstreamConnection>, any Error>
    ) {
        switch result {
        case .success(let bound):
            let connection = bound.value
            self.connections[id] = connection
            self.run(self.machine.connected(id), for: connection)
        case .failure(let error):
            let error = UpstreamConnector.reason(for: error)
            self.logger.debug(
                "Connecting to the upstream failed",
                metadata: [
                    "peer": "\(self.peer.authority)", "error": "\(error.code.rawValue)", "detail": "\(error.detail)",
                ]
            )
            let (waiter, next) = self.machine.connectFailed(id)
            if let waiter {
                self.waiters.removeValue(forKey: waiter)?.refused(error)
            }
            self.run(next)
        }
    }
}

@available(*, unavailable)
extension ConnectionPool: Sendable {}
