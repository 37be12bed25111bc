/// The servers that requests are forwarded to. Any of them can answer any request.
package struct UpstreamServers: Sendable {
    package struct Server: Sendable {
        package var peer: UpstreamPeer
        /// Its share of the exchanges, beside the others'.
        package var weight: Int

        package init(peer: UpstreamPeer, weight: Int = 1) {
            self.peer = peer
            self.weight = weight
        }
    }

    /// At least one.
    package let servers: [Server]
    /// Shared by all event loops.
    package let board: HealthBoard
    /// What all event loops use of each server.
    package let use: [PoolUse]
    /// How often an exchange may be tried again, with another server if there is one.
    package var retries: Int
    /// The share of exchanges that may be tried again, from 0 to 1.
    package var retryBudget: Double
    /// When nobody is asked for a while.
    package var breaker: CircuitBreaker.Settings

    /// - Parameter servers: at least one.
    package init(
        _ servers: [Server],
        maximumEjected: Double = 0.5,
        retries: Int = 2,
        retryBudget: Double = 0.2,
        breaker: CircuitBreaker.Settings = .init()
    ) {
        precondition(!servers.isEmpty, "an upstream has at least one server")
        self.servers = servers
        self.board = HealthBoard(servers: servers.count, maximumEjected: maximumEjected)
        self.use = servers.map { _ in PoolUse() }
        self.retries = retries
        self.retryBudget = retryBudget
        self.breaker = breaker
    }

    package init(_ peer: UpstreamPeer) {
        self.init([Server(peer: peer)])
    }
}
