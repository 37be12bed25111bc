package import NIOCore
import Synchronization

/// What all event loops know together of the servers of one upstream.
///
/// The loops look at it for every exchange, and without a lock; only a change of what is known takes one.
package final class HealthBoard: Sendable {
    /// A server's condition, for metrics.
    package enum Condition: String, Sendable, CaseIterable {
        case up, ejected, down
    }

    private struct Server: ~Copyable, Sendable {
        /// Uptime in nanoseconds until which the server is not asked.
        let outUntil = Atomic<UInt64>(0)
        /// Uptime in nanoseconds when it last answered with what it was asked for.
        let servedAt = Atomic<UInt64>(0)
        /// Whether the last exchange failed, so that a success changes something.
        let isSuspect = Atomic<Bool>(false)
    }

    private final class Flags: Sendable {
        let server = Server()
    }

    private let settings: ServerHealth.Settings
    private let most: Int
    private let flags: [Flags]
    private let servers: Mutex<[ServerHealth]>

    /// - Parameters:
    ///   - servers: how many there are.
    ///   - maximumEjected: the share of them that may be ejected at a time. The last one that is neither ejected nor down is
    ///     never ejected: a refusal of ours would be no better than its own.
    package convenience init(servers: Int, maximumEjected: Double = 0.5) {
        self.init(servers: servers, maximumEjected: maximumEjected, settings: .init())
    }

    init(servers: Int, maximumEjected: Double = 0.5, settings: ServerHealth.Settings) {
        self.settings = settings
        self.most = Int(Double(servers) * min(max(maximumEjected, 0), 1))
        self.flags = (0..<servers).map { _ in Flags() }
        self.servers = Mutex(Array(repeating: ServerHealth(), count: servers))
    }

    /// Whether a server is thought to work.
    package func isAvailable(_ server: Int, at now: NIODeadline = .now()) -> Bool {
        self.flags[server].server.outUntil.load(ordering: .relaxed) <= now.uptimeNanoseconds
    }

    /// Whether a server has served an exchange after some time.
    func hasServed(_ server: Int, after time: NIODeadline) -> Bool {
        self.flags[server].server.servedAt.load(ordering: .relaxed) > time.uptimeNanoseconds
    }

    /// A server answered an exchange.
    ///
    /// - Parameter served: whether with what it was asked for. What stands before a server that hangs may still refuse at once.
    package func succeeded(_ server: Int, served: Bool = true, at now: NIODeadline = .now()) {
        if served { self.flags[server].server.servedAt.store(now.uptimeNanoseconds, ordering: .relaxed) }
        guard self.flags[server].server.isSuspect.load(ordering: .relaxed) else { return }
        self.flags[server].server.isSuspect.store(false, ordering: .relaxed)
        self.servers.withLock { $0[server].succeeded() }
    }

    /// A server failed an exchange.
    ///
    /// - Returns: true if it is ejected by this.
    @discardableResult
    package func failed(_ server: Int, at now: NIODeadline = .now()) -> Bool {
        self.flags[server].server.isSuspect.store(true, ordering: .relaxed)
        return self.servers.withLock { servers in
            let out = servers.count { $0.isEjected(at: now) }
            let hasOther = servers.enumerated().contains { other, health in
                other != server && !health.isDown && !health.isEjected(at: now)
            }
            let isEjected = servers[server].failed(at: now, self.settings, mayEject: out < self.most && hasOther)
            self.publish(server, servers[server])
            return isEjected
        }
    }

    /// A probe of a server ended.
    package func probed(_ server: Int, succeeded: Bool) {
        self.servers.withLock { servers in
            servers[server].probed(succeeded: succeeded, self.settings)
            self.publish(server, servers[server])
        }
    }

    package func condition(of server: Int, at now: NIODeadline = .now()) -> Condition {
        self.servers.withLock { servers in
            servers[server].isDown ? .down : servers[server].isEjected(at: now) ? .ejected : .up
        }
    }

    private func publish(_ server: Int, _ health: ServerHealth) {
        let until = health.isDown ? UInt64.max : health.ejectedUntil?.uptimeNanoseconds ?? 0
        self.flags[server].server.outUntil.store(until, ordering: .relaxed)
    }
}
