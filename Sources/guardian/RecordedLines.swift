import Audit

/// The lines of an audit log over all its files, plain or in gzip, in the order they were written; one is in memory at a time.
enum RecordedLines {
    /// Calls `body` with each line and where it stands, as `FILE:LINE`. Empty lines are passed over.
    ///
    /// - Throws: an exit status, the reason told on standard error; and what `body` throws.
    static func forEach(of paths: [String], _ body: (_ place: String, _ line: [UInt8]) throws -> Void) throws {
        for path in try reading({ () throws(AuditFileError) in try LogOrder.byTime.applied(to: paths) }) {
            var lines = try reading { () throws(AuditFileError) in try LogLines(path: path) }
            while let line = try reading({ () throws(AuditFileError) in try lines.next() }) {
                if line.bytes.isEmpty { continue }
                try body("\(lines.path):\(line.number)", line.bytes)
            }
        }
    }
}

/// Runs `body`; a file that cannot be read, or is not what was written, is told on standard error.
///
/// - Throws: an exit status.
func reading<R: ~Copyable>(_ body: () throws(AuditFileError) -> R) throws -> R {
    do throws(AuditFileError) {
        return try body()
    } catch {
        complain("\(error)")
        if case .damaged = error.place { throw ExitStatus.data }
        throw ExitStatus.noInput
    }
}
