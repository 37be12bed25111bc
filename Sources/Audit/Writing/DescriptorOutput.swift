#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Writes to a descriptor that is open already: standard output, for containers whose runtime collects it.
package final class DescriptorOutput: AuditOutput {
    private let descriptor: Int32

    /// - Parameter descriptor: stays open.
    package init(descriptor: Int32 = STDOUT_FILENO) { self.descriptor = descriptor }

    package func write(_ line: [UInt8], event: String) -> Bool { writeAll(line, to: descriptor) == line.count }

    package func close() {}
}

/// Writes bytes to a descriptor, waiting where it takes no more. A line is one system call where the kernel takes it whole.
///
/// - Returns: how many were written; fewer than given if the system refused the rest.
func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Int {
    bytes.withUnsafeBytes { bytes in
        var written = 0
        while written < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[written...])
            let count = write(descriptor, rest.baseAddress, rest.count)
            if count > 0 {
                written += count
            } else if count < 0, errno == EINTR {
                continue
            } else if count < 0, errno == EAGAIN {
                var place = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&place, 1, -1)
            } else {
                break
            }
        }
        return written
    }
}
