/// Who may use which connection of one pool, decided without doing any I/O.
///
/// A waiter is an exchange that asked for a connection. Waiters are served in the order they came, by whichever
/// connection is ready first: one that was opened for them, or one that another exchange gave back. A connection that cannot
/// be opened fails the waiter that it was opened for, and nobody else, who may have come just now. Idle connections
/// are used newest first, so that a pool that needs fewer lets the others reach their idle limit.
struct PoolStateMachine {
    typealias ConnectionID = UInt64
    typealias WaiterID = UInt64

    /// What the pool does about a waiter that just came.
    enum LeaseAction: Equatable {
        /// Use this idle connection.
        case use(ConnectionID)
        /// Wait; open this connection.
        case connect(ConnectionID)
        /// Wait; enough connections are being opened, or the limit is reached.
        case wait
        /// The queue is full.
        case refuse
    }

    /// What the pool does about a connection that became free.
    enum FreeAction: Equatable {
        case serve(WaiterID)
        /// Keep it, and check again for its idle limit later.
        case park
        case close
    }

    /// What the pool does about a connection that is gone.
    enum LossAction: Equatable {
        case none
        /// Somebody waits and the limit allows another connection now.
        case connect(ConnectionID)
    }

    private struct Waiter {
        var id: WaiterID
        /// The connection that is being opened for it, if one is. It may be served by another.
        var connection: ConnectionID?
    }

    let maxConnections: Int
    let maxWaiting: Int
    let maxIdle: Int

    private var nextID: ConnectionID = 1
    private var connecting: Set<ConnectionID> = []
    private var leased: Set<ConnectionID> = []
    /// Oldest first.
    private var idle: [ConnectionID] = []
    private var waiters: [Waiter] = []
    private var isShutDown = false

    init(maxConnections: Int, maxWaiting: Int, maxIdle: Int) {
        self.maxConnections = maxConnections
        self.maxWaiting = maxWaiting
        self.maxIdle = maxIdle
    }

    var connectionCount: Int { self.connecting.count + self.leased.count + self.idle.count }
    var idleCount: Int { self.idle.count }
    var waitingCount: Int { self.waiters.count }
    var connectingCount: Int { self.connecting.count }

    /// An exchange asks for a connection.
    ///
    /// - Parameter fresh: true if an idle connection will not do, as after one turned out to be stale.
    mutating func lease(_ waiter: WaiterID, fresh: Bool) -> LeaseAction {
        if !fresh, let id = self.idle.popLast() {
            self.leased.insert(id)
            return .use(id)
        }
        if self.isShutDown || self.waiters.count >= self.maxWaiting {
            return .refuse
        }
        self.waiters.append(Waiter(id: waiter))
        return self.connectIfNeeded().map { .connect($0) } ?? .wait
    }

    /// A waiter stops waiting. False if it was no longer waiting.
    mutating func cancel(_ waiter: WaiterID) -> Bool {
        guard let index = self.waiters.firstIndex(where: { $0.id == waiter }) else { return false }
        self.waiters.remove(at: index)
        return true
    }

    /// A connection that was being opened is ready.
    mutating func connected(_ id: ConnectionID) -> FreeAction {
        guard self.connecting.remove(id) != nil else { return .close }
        if let index = self.waiters.firstIndex(where: { $0.connection == id }) {
            self.waiters[index].connection = nil
        }
        return self.free(id)
    }

    /// A connection that was being opened failed. Returns the waiter that it was opened for, if that still waits.
    mutating func connectFailed(_ id: ConnectionID) -> (fail: WaiterID?, next: LossAction) {
        guard self.connecting.remove(id) != nil else { return (nil, .none) }
        let index = self.waiters.firstIndex { $0.connection == id }
        let waiter = index.map { self.waiters.remove(at: $0).id }
        return (waiter, self.connectIfNeeded().map { .connect($0) } ?? .none)
    }

    /// An exchange gives its connection back.
    mutating func released(_ id: ConnectionID) -> FreeAction {
        guard self.leased.remove(id) != nil else { return .close }
        return self.free(id)
    }

    /// A connection is gone, whatever it was used for.
    mutating func closed(_ id: ConnectionID) -> LossAction {
        self.leased.remove(id)
        if let index = self.idle.lastIndex(of: id) {
            self.idle.remove(at: index)
        }
        return self.connectIfNeeded().map { .connect($0) } ?? .none
    }

    /// The idle limit of a parked connection has passed. True if it is still parked and is to be closed.
    mutating func idleLimitReached(_ id: ConnectionID) -> Bool {
        guard let index = self.idle.firstIndex(of: id) else { return false }
        self.idle.remove(at: index)
        return true
    }

    /// No new connections from here on. Returns the idle connections to close and the waiters to fail.
    mutating func shutDown() -> (close: [ConnectionID], fail: [WaiterID]) {
        self.isShutDown = true
        defer {
            self.idle = []
            self.waiters = []
        }
        return (self.idle, self.waiters.map(\.id))
    }

    private mutating func free(_ id: ConnectionID) -> FreeAction {
        if !self.waiters.isEmpty {
            self.leased.insert(id)
            return .serve(self.waiters.removeFirst().id)
        }
        if self.isShutDown || self.idle.count >= self.maxIdle {
            return .close
        }
        self.idle.append(id)
        return .park
    }

    /// Opens one connection per waiter, as far as the limit allows, for the first that has none.
    private mutating func connectIfNeeded() -> ConnectionID? {
        guard self.connecting.count < self.waiters.count, self.connectionCount < self.maxConnections,
            let index = self.waiters.firstIndex(where: { $0.connection == nil })
        else { return nil }
        let id = self.nextID
        self.nextID += 1
        self.connecting.insert(id)
        self.waiters[index].connection = id
        return id
    }
}
