#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Appends records to a file, one line each, from a thread of its own.
///
/// The file is made with mode 0600 and narrowed to it if it exists: scores and, where turned on, prompts are nobody
/// else's business. Whatever has not been written when the process is killed is lost; `close` loses nothing.
package final class FileAuditSink: AuditSink {
    /// Records that may wait for the disk unless the configuration says otherwise: about 8 MB of records without
    /// content.
    package static let defaultCapacity = 8192

    package let path: String
    private let writer: LineWriter

    /// - Parameter capacity: records that may wait for the disk.
    /// - Throws: `AuditFileError` if the file cannot be opened for appending.
    package init(
        path: String,
        capacity: Int = FileAuditSink.defaultCapacity,
        overflow: AuditOverflow = .drop
    ) throws(AuditFileError) {
        self.path = path
        let descriptor = try Self.open(path)
        writer = LineWriter(
            capacity: capacity,
            overflow: overflow,
            descriptor: descriptor,
            closesDescriptor: true,
            open: { try? Self.open(path) }
        )
    }

    deinit { writer.close() }

    package func record(_ record: AuditRecord) { writer.enqueue(AuditEncoder.line(record)) }

    package func flush() { writer.flush() }

    package func close() { writer.close() }

    package var statistics: AuditStatistics { writer.statistics }

    /// Opens the path again before the next record, after log rotation has moved the file away. If that fails, the old
    /// file stays in use.
    package func reopen() { writer.reopen() }

    private static func open(_ path: String) throws(AuditFileError) -> Int32 {
        let descriptor = openForAppending(path)
        guard descriptor >= 0 else { throw AuditFileError(path: path, code: errno) }
        var status = stat()
        // A device or a pipe that the operator named keeps its mode.
        if fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG {
            _ = fchmod(descriptor, 0o600)
        }
        return descriptor
    }
}

// The method of the same name hides the system's.
private func openForAppending(_ path: String) -> Int32 {
    open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
}

/// Why an audit file could not be opened.
package struct AuditFileError: Error, Sendable, Equatable, CustomStringConvertible {
    package var path: String
    /// The system's error number.
    package var code: Int32

    package init(path: String, code: Int32) {
        self.path = path
        self.code = code
    }

    package var description: String {
        "cannot append to the audit file '\(path)': \(String(cString: strerror(code))); "
            + "check that the folder exists and that this user may write to it"
    }
}
