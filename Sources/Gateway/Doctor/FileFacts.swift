#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// What the system says of a file without reading it; links are followed.
struct FileFacts {
    var size: Int
    var isFolder: Bool
    var isPlain: Bool
    /// Whether users other than the owner and the group may read it.
    var isReadByAll: Bool
    /// Whether users other than the owner and the group may write it.
    var isWrittenByAll: Bool

    /// nil if there is none, or this user may not know.
    init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        size = Int(status.st_size)
        isFolder = status.st_mode & S_IFMT == S_IFDIR
        isPlain = status.st_mode & S_IFMT == S_IFREG
        isReadByAll = status.st_mode & S_IROTH != 0
        isWrittenByAll = status.st_mode & S_IWOTH != 0
    }

    /// Whether nothing is there; false where this user may not know.
    static func isMissing(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) != 0 && errno == ENOENT
    }

    static func isWritable(_ path: String) -> Bool { access(path, W_OK) == 0 }

    /// Bytes that this user may still write to the file system of `path`; nil if the system does not tell.
    static func room(at path: String) -> Int? {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        let (bytes, isOver) = Int(clamping: status.f_bavail).multipliedReportingOverflow(by: Int(status.f_frsize))
        return isOver ? nil : bytes
    }
}
