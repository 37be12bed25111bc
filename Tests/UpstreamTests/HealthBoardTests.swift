import NIOCore
import Testing

@testable import Upstream

@Suite struct HealthBoardTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

    private func fail(_ board: HealthBoard, _ server: Int, at now: NIODeadline) {
        for _ in 0..<5 { board.failed(server, at: now) }
    }

    @Test(arguments: [(1, 0), (2, 1), (3, 1), (4, 2), (10, 5)])
    func `no more than half of the servers are ejected at a time`(servers: Int, out: Int) {
        let board = HealthBoard(servers: servers)
        for server in 0..<servers { self.fail(board, server, at: self.start) }
        #expect((0..<servers).count { !board.isAvailable($0, at: self.start) } == out)
        #expect((0..<servers).count { board.condition(of: $0, at: self.start) == .ejected } == out)
    }

    @Test func `the last server that probes leave up is not ejected`() {
        let board = HealthBoard(servers: 2)
        for _ in 0..<3 { board.probed(0, succeeded: false) }
        self.fail(board, 1, at: self.start)
        #expect(board.isAvailable(1, at: self.start))
        for _ in 0..<2 { board.probed(0, succeeded: true) }
        self.fail(board, 1, at: self.start)
        #expect(board.condition(of: 1, at: self.start) == .ejected)
    }

    @Test func `the last server is not ejected even if all may be`() {
        let board = HealthBoard(servers: 3, maximumEjected: 1)
        for server in 0..<3 { self.fail(board, server, at: self.start) }
        #expect((0..<3).count { board.isAvailable($0, at: self.start) } == 1)
    }

    @Test func `an ejected server comes back by itself`() {
        let board = HealthBoard(servers: 2)
        self.fail(board, 1, at: self.start)
        #expect(!board.isAvailable(1, at: self.start + .seconds(4)))
        #expect(board.isAvailable(1, at: self.start + .seconds(5)))
    }

    @Test func `a success between failures starts the count again`() {
        let board = HealthBoard(servers: 2)
        for _ in 0..<4 { board.failed(0, at: self.start) }
        board.succeeded(0)
        for _ in 0..<4 { board.failed(0, at: self.start) }
        #expect(board.isAvailable(0, at: self.start))
    }

    @Test func `a server is known to have served after a time, by exchanges and not by probes`() {
        let board = HealthBoard(servers: 2)
        board.succeeded(0, at: self.start)
        board.succeeded(0, served: false, at: self.start + .seconds(1))
        board.probed(1, succeeded: true)
        #expect(board.hasServed(0, after: self.start - .nanoseconds(1)))
        #expect(!board.hasServed(0, after: self.start))
        #expect(!board.hasServed(1, after: self.start - .seconds(1)))
    }

    @Test func `probes take down a server that is alone, too`() {
        let board = HealthBoard(servers: 1)
        for _ in 0..<3 { board.probed(0, succeeded: false) }
        #expect(board.condition(of: 0) == .down)
        #expect(!board.isAvailable(0))
        for _ in 0..<2 { board.probed(0, succeeded: true) }
        #expect(board.isAvailable(0))
    }
}
