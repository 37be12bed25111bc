import Foundation

/// Why the system refused something.
struct SystemError: Error, CustomStringConvertible {
    /// Its number, as `errno` has it.
    var code: Int32
    /// What was tried, where that is not plain.
    var attempt: String?

    var description: String { (attempt.map { "\($0): " } ?? "") + String(cString: strerror(code)) }
}

/// Writes all of the bytes to a file, pipe or terminal that is open.
func writeAll(_ bytes: [UInt8], to descriptor: Int32) throws(SystemError) {
    var written = 0
    while written < bytes.count {
        let count = bytes.withUnsafeBytes { all in
            let rest = UnsafeRawBufferPointer(rebasing: all[written...])
            return write(descriptor, rest.baseAddress, rest.count)
        }
        if count >= 0 {
            written += count
            continue
        }
        switch errno {
        case EINTR: continue
        case EAGAIN:
            // Another process that has the same pipe or terminal made it so that nobody waits.
            var place = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            _ = poll(&place, 1, -1)
        default: throw SystemError(code: errno)
        }
    }
}
