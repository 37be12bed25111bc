/// Writes records to one place, one line each, chained, from a thread of its own.
///
/// Whatever the process hands to the system before it is killed stays; what waits in the queue then is lost. `close` loses
/// nothing that the place takes in time.
package final class AuditLog: AuditSink {
    /// Records that may wait unless the configuration says otherwise: about 12 MB of records without content.
    package static let defaultCapacity = 8192
    /// Bytes of records that may wait or be under way: with content a record may be as long as a request.
    package static let mostBytes = 64 << 20

    private let queue: RecordQueue
    private let closing: @Sendable () -> Void

    /// - Parameters:
    ///   - output: belongs to the log from here on.
    ///   - recovery: what was found at the output's place; nothing for a place that cannot be read again.
    ///   - capacity: records that may wait.
    ///   - mostBytes: of the records that wait or are being written.
    ///   - signer: signs checkpoints; nil for none.
    ///   - patience: how long `close` waits for the place, which may stand still for ever: a pipe whose reader has stopped does. A
    ///     collector has answered by then, or will not.
    ///   - reopenPause: how long records go on into what is open where the place could not be opened anew, before that is tried again.
    ///   - closing: tells the output, on any thread, that what it cannot hand over now is not to be waited for.
    package init(
        output: sending any AuditOutput,
        recovery: AuditRecovery = AuditRecovery(),
        capacity: Int = AuditLog.defaultCapacity,
        mostBytes: Int = AuditLog.mostBytes,
        overflow: AuditOverflow = .drop,
        hash: @escaping AuditHash,
        signer: AuditSigner? = nil,
        patience: Duration = .seconds(10),
        reopenPause: Duration = .seconds(1),
        closing: @escaping @Sendable () -> Void = {}
    ) {
        self.closing = closing
        let journal = AuditJournal(output: output, recovery: recovery, hash: hash, signer: signer)
        queue = RecordQueue(
            capacity: capacity,
            mostBytes: mostBytes,
            overflow: overflow,
            patience: patience,
            reopenPause: reopenPause,
            journal: journal
        )
    }

    deinit { close() }

    package func reserve() -> Bool { queue.reserve() }

    package func record(_ record: AuditRecord) { queue.enqueue(AuditEncoder.body(record)) }

    package func record(_ record: AuditRecord, body: [UInt8]) { queue.enqueue(body) }

    package func flush() { queue.flush() }

    package func reopen() { queue.reopen() }

    package func close() {
        closing()
        queue.close()
    }

    package var statistics: AuditStatistics { queue.statistics }
}
