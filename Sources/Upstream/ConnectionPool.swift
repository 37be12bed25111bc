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
    /// Connections in HTTP/2, whose streams are among `connections`.
    private var shared: [SharedConnection] = []
    /// What waits to be opened until it is known whether the connection that is being opened can be shared.
    private var sharers: [PoolStateMachine.ConnectionID] = []
    /// The last connection could be shared, so that there need not be one for each of those that are wanted now.
    private var isShared = false
    private var isOpening = false
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
            self.connections[id]?.close()
        }
        for connection in self.shared { connection.end() }
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

    /// A connection was idle for as long as it may be.
    func idleLimitReached(_ connection: UpstreamConnection) {
        if self.machine.idleLimitReached(connection.id) { connection.close() }
    }

    func closed(_ connection: UpstreamConnection) {
        self.connections.removeValue(forKey: connection.id)
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
        case .park where connection.isStream:
            // Whoever waited has left. Another stream costs nothing, and this one could not be begun any more once the peer
            // says that it goes away.
            connection.close()
        case .park:
            connection.timeIdleness()
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
        guard let connection = self.connections[id], connection.isActive else {
            // It closed in this very turn of the loop; its own notice is still to come.
            self.run(self.machine.closed(id))
            return self.lease(exchange, fresh: false)
        }
        if !self.waiters.isEmpty { self.waiters.removeValue(forKey: exchange.id) }
        exchange.leased(connection)
    }

    private func open(_ id: PoolStateMachine.ConnectionID) {
        if let shared = self.shared.first(where: \.hasRoom) { return self.open(id, on: shared) }
        if self.isShared, self.isOpening { return self.sharers.append(id) }
        self.isOpening = true
        let bound = NIOLoopBound(self, eventLoop: self.eventLoop)
        UpstreamConnector(peer: self.peer, eventLoop: self.eventLoop).connect {
            UpstreamConnection(id: id, pool: bound.value)
        } share: {
            SharedConnection(pool: bound.value)
        }.assumeIsolated().whenComplete { result in
            self.isOpening = false
            switch result {
            case .success(.own(let connection)):
                self.isShared = false
                self.opened(id, .success(connection))
            case .success(.shared(let connection)):
                self.isShared = true
                self.shared.append(connection.value)
                self.open(id, on: connection.value)
            case .failure(let error):
                self.opened(id, .failure(error))
            }
            let sharers = self.sharers
            self.sharers = []
            for id in sharers {
                // Whoever cannot be reached by one cannot be reached by many at a time, either.
                if case .failure(let error) = result { self.opened(id, .failure(error)) } else { self.open(id) }
            }
        }
    }

    private func open(_ id: PoolStateMachine.ConnectionID, on shared: SharedConnection) {
        shared.open(id).assumeIsolated().whenComplete { self.opened(id, $0) }
    }

    /// A shared connection is gone.
    func lost(_ shared: SharedConnection) {
        self.shared.removeAll { $0 === shared }
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
                    "peer": "\(self.peer.name)", "error": "\(error.code.rawValue)", "detail": "\(error.detail)",
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
