import Synchronization

/// What a scheduler is doing and has done.
package struct SchedulerStatistics: Sendable, Equatable {
    /// Requests under way.
    package var requests = 0
    /// Those of them that wait for their first pages.
    package var waiting = 0
    /// Tokens of the requests under way, with those they may still write.
    package var tokens = 0
    /// Steps computed.
    package var steps = 0
    /// Rows computed: one row is one token through the lower layers, the upper ones or both.
    package var rows = 0
    /// Pieces of sequences computed; divided by the steps, the mean batch.
    package var segments = 0
    /// Tokens whose lower layers the prefix cache had.
    package var hitTokens = 0
    /// Tokens that it was asked for and had not.
    package var missTokens = 0
    /// Pages of the pool.
    package var pages = 0
    /// Pages that sequences hold.
    package var pagesInUse = 0
    /// Pages that the prefix cache holds, in use or not.
    package var pagesCached = 0
    /// Requests refused because too much was under way.
    package var refused = 0
}

/// The same numbers where they are counted. Written by the inference thread, but for `refused`; read at any time without a lock,
/// so that numbers of one snapshot may be a step apart.
final class SchedulerCounters: Sendable {
    let refused = Atomic(0)
    private let begun = Atomic(0)
    private let steps = Atomic(0)
    private let rows = Atomic(0)
    private let segments = Atomic(0)
    private let hitTokens = Atomic(0)
    private let missTokens = Atomic(0)
    private let pagesInUse = Atomic(0)
    private let pagesCached = Atomic(0)

    func update(_ core: SchedulerCore) {
        begun.store(core.requests.count - core.waiting, ordering: .relaxed)
        steps.store(core.counts.steps, ordering: .relaxed)
        rows.store(core.counts.rows, ordering: .relaxed)
        segments.store(core.counts.segments, ordering: .relaxed)
        hitTokens.store(core.counts.hitTokens, ordering: .relaxed)
        missTokens.store(core.counts.missTokens, ordering: .relaxed)
        pagesInUse.store(core.pagesInUse, ordering: .relaxed)
        pagesCached.store(core.cache.count, ordering: .relaxed)
    }

    /// Requests under way that have pages.
    var started: Int { begun.load(ordering: .relaxed) }

    func snapshot() -> SchedulerStatistics {
        var statistics = SchedulerStatistics()
        statistics.steps = steps.load(ordering: .relaxed)
        statistics.rows = rows.load(ordering: .relaxed)
        statistics.segments = segments.load(ordering: .relaxed)
        statistics.hitTokens = hitTokens.load(ordering: .relaxed)
        statistics.missTokens = missTokens.load(ordering: .relaxed)
        statistics.pagesInUse = pagesInUse.load(ordering: .relaxed)
        statistics.pagesCached = pagesCached.load(ordering: .relaxed)
        statistics.refused = refused.load(ordering: .relaxed)
        return statistics
    }
}
