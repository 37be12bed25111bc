import Logging
import NIOCore
import NIOEmbedded
import Testing

@testable import Upstream

/// What failures of exchanges say about a server, and about all of them.
@Suite struct UpstreamClusterTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

    /// - Parameter failures: that open the breaker.
    private func cluster(servers: Int, failures: Int? = nil) -> UpstreamCluster {
        UpstreamCluster(
            UpstreamServers(
                Array(repeating: .init(peer: .http(host: "127.0.0.1")), count: servers),
                breaker: .init(failures: failures)
            ),
            eventLoop: EmbeddedEventLoop(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    @Test(arguments: [UpstreamError.Code.firstByteTimeout, .idleTimeout])
    func `waiting in vain while the server serves others says nothing of it`(code: UpstreamError.Code) {
        let (alone, pair) = (self.cluster(servers: 1, failures: 3), self.cluster(servers: 2))
        for cluster in [alone, pair] {
            cluster.answered(0, status: 200, at: self.start + .seconds(60))
            for _ in 0..<50 { cluster.failed(0, UpstreamError(code), waitingSince: self.start) }
        }
        #expect(alone.exchangeBegan())
        #expect(pair.board.condition(of: 0) == .up)
    }

    @Test func `waiting in vain while the server answers nobody counts`() {
        let (alone, pair) = (self.cluster(servers: 1, failures: 3), self.cluster(servers: 2))
        for cluster in [alone, pair] {
            cluster.answered(0, status: 200, at: self.start)
            for _ in 0..<5 {
                cluster.failed(0, UpstreamError(.firstByteTimeout), waitingSince: self.start + .seconds(1))
            }
        }
        #expect(!alone.exchangeBegan())
        #expect(pair.board.condition(of: 0) == .ejected)
    }

    // What stands before a server that hangs may still refuse at once.
    @Test(arguments: [401, 404, 429] as [UInt])
    func `waiting in vain while the server only refuses others counts`(status: UInt) {
        let (alone, pair) = (self.cluster(servers: 1, failures: 3), self.cluster(servers: 2))
        for cluster in [alone, pair] {
            cluster.answered(0, status: status, at: self.start + .seconds(60))
            for _ in 0..<5 { cluster.failed(0, UpstreamError(.firstByteTimeout), waitingSince: self.start) }
        }
        #expect(!alone.exchangeBegan())
        #expect(pair.board.condition(of: 0) == .ejected)
    }

    @Test func `what one server answers does not excuse another`() {
        let cluster = self.cluster(servers: 2)
        cluster.answered(1, status: 200, at: self.start + .seconds(60))
        for _ in 0..<5 { cluster.failed(0, UpstreamError(.firstByteTimeout), waitingSince: self.start) }
        #expect(cluster.board.condition(of: 0) == .ejected)
    }

    @Test func `a connection that breaks counts whatever was answered meanwhile`() {
        let cluster = self.cluster(servers: 2)
        cluster.answered(0, status: 200, at: .now())
        for _ in 0..<5 { cluster.failed(0, UpstreamError(.closedEarly)) }
        #expect(cluster.board.condition(of: 0) == .ejected)
    }
}
