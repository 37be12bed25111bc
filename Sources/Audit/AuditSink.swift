/// Where audit records go.
package protocol AuditSink: Sendable {
    /// Takes a record; safe to call from any thread. Returns at once, unless the sink is full and was told to block.
    func record(_ record: AuditRecord)

    /// Returns when everything taken so far has been handed to the operating system. Blocks: never call it on an event
    /// loop.
    func flush()

    /// Flushes, then takes no more. Records that come later are counted as dropped. Blocks as `flush` does.
    func close()

    /// What became of the records so far.
    var statistics: AuditStatistics { get }
}

/// What became of the records that a sink was given.
package struct AuditStatistics: Sendable, Equatable {
    /// Handed to the operating system.
    package var written: Int
    /// Not taken, because the queue was full or the sink closed.
    package var dropped: Int
    /// Taken, but the operating system refused them.
    package var failed: Int
    /// Taken and not yet written.
    package var queued: Int

    package init(written: Int = 0, dropped: Int = 0, failed: Int = 0, queued: Int = 0) {
        self.written = written
        self.dropped = dropped
        self.failed = failed
        self.queued = queued
    }
}

/// What a sink does when its queue is full.
package enum AuditOverflow: String, Sendable, CaseIterable {
    /// The record is dropped and counted: traffic goes on.
    case drop
    /// The caller waits for room: no record is lost. The wait holds up whatever thread records.
    case block
}
