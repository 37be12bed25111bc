#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Writes records to standard output, one line each, for containers whose runtime collects it.
package final class StandardOutputAuditSink: AuditSink {
    private let writer: LineWriter

    /// - Parameter capacity: records that may wait for the reader of the pipe.
    package convenience init(
        capacity: Int = FileAuditSink.defaultCapacity,
        overflow: AuditOverflow = .drop
    ) {
        self.init(descriptor: STDOUT_FILENO, capacity: capacity, overflow: overflow)
    }

    /// - Parameter descriptor: where to write; stays open.
    init(descriptor: Int32, capacity: Int, overflow: AuditOverflow) {
        writer = LineWriter(capacity: capacity, overflow: overflow, descriptor: descriptor, closesDescriptor: false)
    }

    deinit { writer.close() }

    package func record(_ record: AuditRecord) { writer.enqueue(AuditEncoder.line(record)) }

    package func flush() { writer.flush() }

    package func close() { writer.close() }

    package var statistics: AuditStatistics { writer.statistics }
}
