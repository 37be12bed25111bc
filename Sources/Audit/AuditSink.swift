/// Where audit records go.
package protocol AuditSink: Sendable {
    /// Keeps room for the record of one exchange. A sink that was told to refuse says false when it has none: the exchange
    /// must not go on then, and is counted as refused. Any other says true.
    ///
    /// Each `true` is followed by one `record`.
    func reserve() -> Bool

    /// Takes a record; safe to call from any thread, returns at once.
    func record(_ record: AuditRecord)

    /// The same where the record's line, `AuditEncoder.body(record)`, is at hand already.
    func record(_ record: AuditRecord, body: [UInt8])

    /// Returns when everything taken so far has been handed to the operating system. Blocks: never call it on an event
    /// loop.
    func flush()

    /// Has the file opened anew before the next record, after it was moved away.
    func reopen()

    /// Flushes, then takes no more. Records that come later are counted as dropped. Blocks as `flush` does, but not for ever: what the
    /// place does not take in time is counted as failed.
    func close()

    /// What became of the records so far.
    var statistics: AuditStatistics { get }
}

extension AuditSink {
    package func reserve() -> Bool { true }
    package func record(_ record: AuditRecord, body: [UInt8]) { self.record(record) }
    package func reopen() {}
}

/// What became of the records that a sink was given.
package struct AuditStatistics: Sendable, Equatable {
    /// Handed to the operating system.
    package var written: Int
    /// Not taken, because the queue was full or the sink closed.
    package var dropped: Int
    /// Taken, but the operating system refused them.
    package var failed: Int
    /// Exchanges that were refused because there was no room for their record.
    package var refused: Int
    /// Taken and not yet written.
    package var queued: Int
    /// How long the oldest of those has been waiting.
    package var lag: Duration
    /// How often the place could not be opened anew: what was open stayed in use.
    package var reopenFailures: Int

    package init(
        written: Int = 0,
        dropped: Int = 0,
        failed: Int = 0,
        refused: Int = 0,
        queued: Int = 0,
        lag: Duration = .zero,
        reopenFailures: Int = 0
    ) {
        self.written = written
        self.dropped = dropped
        self.failed = failed
        self.refused = refused
        self.queued = queued
        self.lag = lag
        self.reopenFailures = reopenFailures
    }
}

/// What a sink does when its queue is full.
package enum AuditOverflow: String, Sendable, CaseIterable {
    /// The record is dropped and counted, and a line of the log says how many: traffic goes on.
    case drop
    /// Exchanges are refused until there is room: nothing happens that is not recorded. A record that the system does not
    /// take is tried again until it does.
    case refuse
}
