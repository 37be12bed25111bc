package import Logging
package import NIOCore

/// The connections of one event loop to the servers of an upstream, and the choice among them.
///
/// Belongs to its loop. What is known of the servers' health is shared by all loops.
package final class UpstreamCluster {
    package let eventLoop: any EventLoop
    let board: HealthBoard
    /// How often an exchange may be tried again.
    let retries: Int

    private let pools: [ConnectionPool]
    private let logger: Logger
    private var choice: ServerChoice
    private var budget: RetryBudget
    private var breaker: CircuitBreaker
    /// Of exchanges that are over, for those to come.
    private var timers: [StageTimer] = []
    private static let timersKept = 512

    package init(_ upstream: UpstreamServers, eventLoop: any EventLoop, logger: Logger) {
        self.eventLoop = eventLoop
        self.board = upstream.board
        self.retries = upstream.retries
        self.logger = logger
        self.pools = zip(upstream.servers, upstream.use).map { server, use in
            ConnectionPool(peer: server.peer, use: use, eventLoop: eventLoop, logger: logger)
        }
        self.choice = ServerChoice(weights: upstream.servers.map(\.weight))
        self.budget = RetryBudget(share: upstream.retryBudget)
        self.breaker = CircuitBreaker(upstream.breaker)
    }

    /// Closes what is idle and refuses new exchanges. Those under way go on.
    package func shutDown() {
        for pool in self.pools { pool.shutDown() }
        for timer in self.timers { timer.stop() }
        self.timers = []
    }

    /// Connections open, being opened, or in use, to all servers.
    package var connectionCount: Int { self.pools.reduce(0) { $0 + $1.connectionCount } }

    // MARK: Called by exchanges

    /// How many servers there are.
    var count: Int { self.pools.count }

    /// The limits that hold for an exchange whatever server it ends up with.
    var timeouts: UpstreamTimeouts { self.pools[0].peer.timeouts }

    func takeTimer() -> StageTimer {
        self.timers.popLast() ?? StageTimer(eventLoop: self.eventLoop)
    }

    /// - Parameter timer: at rest.
    func giveBack(_ timer: StageTimer) {
        if self.timers.count < Self.timersKept { self.timers.append(timer) } else { timer.stop() }
    }

    /// An exchange begins. False if it shall not: everything failed lately.
    func exchangeBegan() -> Bool {
        guard self.breaker.admits() else { return false }
        self.budget.exchangeBegan()
        return true
    }

    /// Chooses the server of an attempt, which `end` gives back.
    func begin(avoiding tried: Set<Int>) -> Int {
        guard self.pools.count > 1 else { return 0 }
        let now = NIODeadline.now()
        return self.choice.begin(avoiding: tried) { self.board.isAvailable($0, at: now) }
    }

    func end(_ server: Int) {
        if self.pools.count > 1 { self.choice.end(server) }
    }

    func pool(of server: Int) -> ConnectionPool { self.pools[server] }

    func takeRetry() -> Bool { self.budget.take() }

    /// - Parameter start: since when the server was waited for, where it was given up waiting for it.
    func failed(_ server: Int, _ error: UpstreamError, waitingSince start: NIODeadline? = nil) {
        // Ours, not the server's.
        if error.code == .poolExhausted || error.code == .totalTimeout { return }
        // A server that served others meanwhile works: what it is slow with is this request, however many like it one caller sends.
        if let start, self.board.hasServed(server, after: start) { return }
        if self.breaker.failed() {
            self.logger.warning(
                "Every exchange with the upstream fails; it is not asked for a while",
                metadata: ["error": "\(error.code.rawValue)"]
            )
        }
        if self.board.failed(server) {
            self.logger.warning(
                "A server of the upstream is not asked for a while",
                metadata: ["peer": "\(self.pools[server].peer.name)", "error": "\(error.code.rawValue)"]
            )
        }
    }

    /// - Parameters:
    ///   - status: of a server's answer.
    ///   - now: when its head came.
    func answered(_ server: Int, status: UInt, at now: NIODeadline) {
        self.breaker.succeeded()
        // What a server says when it cannot serve, or stands before something that cannot.
        if (502...504).contains(status) {
            self.board.failed(server)
        } else {
            self.board.succeeded(server, served: (200..<300).contains(status), at: now)
        }
    }
}

@available(*, unavailable)
extension UpstreamCluster: Sendable {}
