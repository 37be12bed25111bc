import Testing

@testable import Upstream

@Suite struct PoolStateMachineTests {
    private func machine(connections: Int = 4, waiting: Int = 4, idle: Int = 4) -> PoolStateMachine {
        PoolStateMachine(maxConnections: connections, maxWaiting: waiting, maxIdle: idle)
    }

    /// `#expect` cannot call what changes its subject.
    private func expect<Value: Equatable>(
        _ value: Value,
        _ expected: Value,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(value == expected, sourceLocation: sourceLocation)
    }

    @Test func aFirstLeaseOpensAConnectionAndIsServedByIt() {
        var pool = self.machine()
        self.expect(pool.lease(1, fresh: false), .connect(1))
        self.expect(pool.connected(1), .serve(1))
        #expect(pool.connectionCount == 1)
        #expect(pool.waitingCount == 0)
    }

    @Test func aReleasedConnectionIsParkedAndUsedAgainNewestFirst() {
        var pool = self.machine()
        _ = pool.lease(1, fresh: false)
        _ = pool.lease(2, fresh: false)
        self.expect(pool.connected(1), .serve(1))
        self.expect(pool.connected(2), .serve(2))
        self.expect(pool.released(1), .park)
        self.expect(pool.released(2), .park)
        self.expect(pool.lease(3, fresh: false), .use(2))
        self.expect(pool.lease(4, fresh: false), .use(1))
    }

    @Test func aFreshLeaseLeavesIdleConnectionsAlone() {
        var pool = self.machine()
        _ = pool.lease(1, fresh: false)
        _ = pool.connected(1)
        _ = pool.released(1)
        self.expect(pool.lease(2, fresh: true), .connect(2))
        #expect(pool.idleCount == 1)
    }

    @Test func aReleaseServesTheFirstWaiterBeforeANewConnectionDoes() {
        var pool = self.machine()
        _ = pool.lease(1, fresh: false)
        _ = pool.connected(1)
        self.expect(pool.lease(2, fresh: false), .connect(2))
        self.expect(pool.released(1), .serve(2))
        self.expect(pool.connected(2), .park)
    }

    @Test func theLimitMakesWaitersWaitAndTheQueueLimitRefusesThem() {
        var pool = self.machine(connections: 1, waiting: 2)
        self.expect(pool.lease(1, fresh: false), .connect(1))
        self.expect(pool.lease(2, fresh: false), .wait)
        self.expect(pool.lease(3, fresh: false), .refuse)
        self.expect(pool.connected(1), .serve(1))
        self.expect(pool.lease(4, fresh: false), .wait)
        self.expect(pool.released(1), .serve(2))
        self.expect(pool.closed(1), .connect(2))
    }

    @Test func aFailedConnectTellsOneWaiterAndTriesForTheNext() {
        var pool = self.machine(connections: 1)
        _ = pool.lease(1, fresh: false)
        _ = pool.lease(2, fresh: false)
        let (failed, next) = pool.connectFailed(1)
        #expect(failed == 1)
        #expect(next == .connect(2))
        let (last, none) = pool.connectFailed(2)
        #expect(last == 2)
        #expect(none == .none)
        #expect(pool.connectionCount == 0)
    }

    @Test func aFailedConnectTellsTheWaiterItWasOpenedForAndNobodyElse() {
        var pool = self.machine()
        self.expect(pool.lease(1, fresh: false), .connect(1))
        self.expect(pool.lease(2, fresh: false), .connect(2))
        // The second is ready first, and the first to come is served by it.
        self.expect(pool.connected(2), .serve(1))
        let (failed, next) = pool.connectFailed(1)
        #expect(failed == nil)
        #expect(next == .connect(3))
        let (last, none) = pool.connectFailed(3)
        #expect(last == 2)
        #expect(none == .none)
    }

    @Test func aFailedConnectOfAWaiterThatLeftTellsNobody() {
        var pool = self.machine()
        _ = pool.lease(1, fresh: false)
        _ = pool.lease(2, fresh: false)
        self.expect(pool.cancel(1), true)
        let (failed, next) = pool.connectFailed(1)
        #expect(failed == nil)
        #expect(next == .none)
        self.expect(pool.connected(2), .serve(2))
    }

    @Test func aWaiterBeyondTheLimitIsNotToldOfTheConnectionsOfOthers() {
        var pool = self.machine(connections: 2)
        for waiter: PoolStateMachine.WaiterID in 1...4 { _ = pool.lease(waiter, fresh: false) }
        let (second, third) = pool.connectFailed(2)
        #expect(second == 2)
        #expect(third == .connect(3))
        let (first, fourth) = pool.connectFailed(1)
        #expect(first == 1)
        #expect(fourth == .connect(4))
        self.expect(pool.connectFailed(4).fail, 4)
        self.expect(pool.connected(3), .serve(3))
    }

    @Test func aCancelledWaiterIsNotServed() {
        var pool = self.machine()
        _ = pool.lease(1, fresh: false)
        self.expect(pool.cancel(1), true)
        self.expect(pool.cancel(1), false)
        self.expect(pool.connected(1), .park)
    }

    @Test func moreIdleConnectionsThanAllowedAreClosed() {
        var pool = self.machine(idle: 1)
        _ = pool.lease(1, fresh: false)
        _ = pool.lease(2, fresh: false)
        _ = pool.connected(1)
        _ = pool.connected(2)
        self.expect(pool.released(1), .park)
        self.expect(pool.released(2), .close)
        #expect(pool.connectionCount == 1)
    }

    @Test func theIdleLimitClosesOnlyWhatIsStillIdle() {
        var pool = self.machine()
        _ = pool.lease(1, fresh: false)
        _ = pool.connected(1)
        _ = pool.released(1)
        self.expect(pool.idleLimitReached(1), true)
        self.expect(pool.idleLimitReached(1), false)
        self.expect(pool.lease(2, fresh: false), .connect(2))
    }

    @Test func shuttingDownClosesIdleConnectionsFailsWaitersAndRefusesNewOnes() {
        var pool = self.machine(connections: 2)
        _ = pool.lease(1, fresh: false)
        _ = pool.connected(1)
        _ = pool.released(1)
        _ = pool.lease(2, fresh: true)
        let (close, fail) = pool.shutDown()
        #expect(close == [1])
        #expect(fail == [2])
        self.expect(pool.lease(3, fresh: false), .refuse)
        self.expect(pool.connected(2), .close)
    }

    @Test func lateAndUnknownConnectionsAreClosedNotTrusted() {
        var pool = self.machine()
        self.expect(pool.connected(9), .close)
        self.expect(pool.released(9), .close)
        self.expect(pool.closed(9), .none)
        self.expect(pool.connectFailed(9).fail, nil)
    }
}
