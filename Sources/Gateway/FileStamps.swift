#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// By what one can tell, without reading them, that files have changed: for each its place on the disk, size and times. One of these is
/// when its permissions or its owner changed, too: a file that could not be read may be readable since.
///
/// Links are followed, so a link that is turned to another file counts as a change: that is how certificates are often
/// renewed.
struct FileStamps: Equatable, Sendable {
    private struct Stamp: Equatable {
        var device: UInt64
        var node: UInt64
        var size: Int64
        var written: Time
        var changed: Time
    }

    private struct Time: Equatable {
        var seconds: Int64
        var nanoseconds: Int64

        init(_ time: timespec) {
            seconds = Int64(time.tv_sec)
            nanoseconds = Int64(time.tv_nsec)
        }
    }

    private let stamps: [Stamp?]

    init(of paths: [String]) {
        stamps = paths.map { path in
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            #if canImport(Darwin)
            let (written, changed) = (status.st_mtimespec, status.st_ctimespec)
            #else
            let (written, changed) = (status.st_mtim, status.st_ctim)
            #endif
            return Stamp(
                device: UInt64(truncatingIfNeeded: status.st_dev),
                node: UInt64(status.st_ino),
                size: Int64(status.st_size),
                written: Time(written),
                changed: Time(changed)
            )
        }
    }
}
