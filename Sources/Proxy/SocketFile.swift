import NIOCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The file of a unix socket. It is removed when the socket is closed, so one that is found is in use or was left by a crash.
enum SocketFile {
    /// Sets the permissions of a socket that this process has bound. Until then it has those that the process's mask leaves, by
    /// which nobody but its user can write to it, and so connect, unless the mask was opened on purpose.
    static func set(mode: UInt16, of path: String) throws {
        guard chmod(path, mode_t(mode)) == 0 else { throw IOError(errnoCode: errno, reason: "chmod \(path)") }
    }

    /// Removes a file that a process left behind which did not end well. One that somebody listens at stays, and so does
    /// whatever is no socket: binding will fail and say so.
    static func removeStale(_ path: String) throws {
        guard Self.isSocket(path), !Self.isListenedAt(path) else { return }
        unlink(path)
    }

    private static func isSocket(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFSOCK
    }

    private static func isListenedAt(_ path: String) -> Bool {
        #if canImport(Glibc)
        let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        #elseif canImport(Musl)
        let descriptor = Musl.socket(AF_UNIX, SOCK_STREAM, 0)
        #else
        let descriptor = Darwin.socket(AF_UNIX, SOCK_STREAM, 0)
        #endif
        guard descriptor >= 0 else { return true }
        defer { _ = close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return true }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        return status == 0 || errno != ECONNREFUSED
    }
}
