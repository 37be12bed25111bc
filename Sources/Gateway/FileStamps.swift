#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// By what one can tell, without reading them, that files have changed: for each its place on the disk, size and time.
///
/// Links are followed, so a link that is turned to another file counts as a change: that is how certificates are often
/// renewed.
struct FileStamps: Equatable, Sendable {
    private struct Stamp: Equatable {
        var device: UInt64
        var node: UInt64
        var size: Int64
        var seconds: Int64
        var nanoseconds: Int64
    }

    private let stamps: [Stamp?]

    init(of paths: [String]) {
        stamps = paths.map { path in
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            #if canImport(Darwin)
            let time = status.st_mtimespec
            #else
            let time = status.st_mtim
            #endif
            return Stamp(
                device: UInt64(truncatingIfNeeded: status.st_dev),
                node: UInt64(status.st_ino),
                size: Int64(status.st_size),
                seconds: Int64(time.tv_sec),
                nanoseconds: Int64(time.tv_nsec)
            )
        }
    }
}
