#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Why an audit file or socket could not be opened.
package struct AuditFileError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Place: Sendable {
        /// A file to write.
        case file
        /// A syslog daemon's socket.
        case socket
        /// A file to read.
        case log
    }

    package var place: Place
    package var path: String
    /// The system's error number.
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
        }
    }
}
