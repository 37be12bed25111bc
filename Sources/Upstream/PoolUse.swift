import Synchronization

/// How many connections to one server are open and idle, and how many exchanges wait for one, over all event loops.
package final class PoolUse: Sendable {
    package struct Counts: Sendable, Equatable {
        /// Open, being opened, or in use.
        package var connections = 0
        /// Kept open without use.
        package var idle = 0
        package var waiting = 0
    }

    private let connections = Atomic(0)
    private let idle = Atomic(0)
    private let waiting = Atomic(0)

    /// The three are read one after the other, so that they may be a change apart.
    package var now: Counts {
        Counts(
            connections: connections.load(ordering: .relaxed),
            idle: idle.load(ordering: .relaxed),
            waiting: waiting.load(ordering: .relaxed)
        )
    }

    /// One pool's counts changed.
    func change(from old: Counts, to new: Counts) {
        if new.connections != old.connections { connections.add(new.connections - old.connections, ordering: .relaxed) }
        if new.idle != old.idle { idle.add(new.idle - old.idle, ordering: .relaxed) }
        if new.waiting != old.waiting { waiting.add(new.waiting - old.waiting, ordering: .relaxed) }
    }
}
