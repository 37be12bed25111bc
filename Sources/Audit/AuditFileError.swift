package import Deflate

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Why an audit file or socket could not be opened, read or written.
package struct AuditFileError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Place: Sendable, Equatable {
        /// A file to write.
        case file
        /// A syslog daemon's socket.
        case socket
        /// A file to read.
        case log
        /// A file in gzip to read that is not what was written.
        case damaged(GzipReader.Failure)
        /// A file in gzip to write.
        case compressed
        /// What can be read only once, a pipe for instance, among files to put in order.
        case unordered
    }

    package var place: Place
    package var path: String
    /// The system's error number; 0 if it is not the system that has refused.
    package var code: Int32

    package init(_ place: Place, path: String, code: Int32) {
        self.place = place
        self.path = path
        self.code = code
    }

    package var description: String {
        let reason = String(cString: strerror(code))
        switch place {
        case .file where code == EWOULDBLOCK:
            return "another process writes to the audit file '\(path)': give each gateway a file of its own"
        case .file:
            return "cannot append to the audit file '\(path)': \(reason); "
                + "check that the folder exists and that this user may write to it"
        case .socket:
            return "cannot send to the syslog socket '\(path)': \(reason); "
                + "check that a syslog daemon listens there, commonly at /dev/log"
        case .log:
            return "cannot read '\(path)': \(reason)"
        case .damaged(let failure):
            return "cannot read '\(path)' to its end: \(failure); restore the file from a copy"
        case .compressed:
            return "cannot write '\(path)': \(reason); check that there is room"
        case .unordered:
            return "cannot put '\(path)' in order among other files: it is no plain file, and may be read only once; "
                + "name it alone"
        }
    }
}
