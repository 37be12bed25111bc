import NIOCore
import Synchronization

/// Full handshakes, one after the other on each of several connections at a time.
struct HandshakeLoad {
    let caller: TLSCaller
    let concurrency: Int
    let seconds: Int

    /// - Returns: handshakes, and how long they took together in seconds.
    func run(port: Int) async throws -> (count: Int, seconds: Double) {
        let count = Count()
        let start = ContinuousClock.now
        let end = start + .seconds(seconds)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<concurrency {
                group.addTask {
                    while ContinuousClock.now < end {
                        let channel = try await caller.connect(port: port)
                        count.add()
                        try? await channel.close()
                    }
                }
            }
            try await group.waitForAll()
        }
        return (count.value, (ContinuousClock.now - start) / .seconds(1))
    }
}

/// Counts what many tasks do.
private final class Count: Sendable {
    private let atomic = Atomic<Int>(0)

    var value: Int { atomic.load(ordering: .relaxed) }

    func add() { atomic.add(1, ordering: .relaxed) }
}
