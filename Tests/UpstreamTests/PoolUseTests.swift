import Testing

@testable import Upstream

@Suite struct PoolUseTests {
    @Test func theCountsOfSeveralPoolsAreAddedUp() {
        let use = PoolUse()
        use.change(from: .init(), to: .init(connections: 3, idle: 1, waiting: 2))
        use.change(from: .init(), to: .init(connections: 4, idle: 0, waiting: 0))
        use.change(from: .init(connections: 3, idle: 1, waiting: 2), to: .init(connections: 2, idle: 2, waiting: 0))
        #expect(use.now == .init(connections: 6, idle: 2, waiting: 0))
    }
}
