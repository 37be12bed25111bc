#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Whole small files, read and written through the operating system, so that errors are the system's own words.
enum FileContents {
    /// No certificate bundle comes near this; a path that was mistyped may well be a huge file or an endless device.
    static let limit = 8 << 20

    /// Reads a file of at most `limit` bytes.
    static func load(_ path: String) throws(TLSError) -> [UInt8] {
        var contents: [UInt8] = []
        try self.forEachChunk(of: path) { chunk throws(TLSError) in
            guard contents.count + chunk.count <= Self.limit else {
                throw .unreadableFile(path: path, reason: "larger than \(Self.limit) bytes")
            }
            contents.append(contentsOf: chunk)
        }
        return contents
    }

    /// Reads a file from start to end in chunks of at most 256 KiB.
    static func forEachChunk(
        of path: String,
        _ body: (UnsafeRawBufferPointer) throws(TLSError) -> Void
    ) throws(TLSError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw .unreadableFile(path: path, reason: Self.systemReason(errno))
        }
        defer { _ = close(descriptor) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let count = read(descriptor, buffer.baseAddress, buffer.count)
            if count == 0 { return }
            if count < 0 {
                if errno == EINTR { continue }
                throw .unreadableFile(path: path, reason: Self.systemReason(errno))
            }
            try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }

    /// Writes a file whole or not at all: under another name in the same folder first, then moved into place.
    ///
    /// - Parameter mode: the permissions the file has from its first moment on.
    static func store(_ contents: [UInt8], to path: String, mode: mode_t) throws(TLSError) {
        let temporary = "\(path).\(getpid()).new"
        // One that a process of this number left behind when it was cut off.
        unlink(temporary)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
        guard descriptor >= 0 else {
            throw .unwritableFile(path: path, reason: Self.systemReason(errno))
        }
        var failure: Int32 = 0
        var written = 0
        contents.withUnsafeBytes { bytes in
            while written < bytes.count, failure == 0 {
                let rest = UnsafeRawBufferPointer(rebasing: bytes[written...])
                let count = write(descriptor, rest.baseAddress, rest.count)
                if count >= 0 {
                    written += count
                } else if errno != EINTR {
                    failure = errno
                }
            }
        }
        if close(descriptor) != 0, failure == 0 { failure = errno }
        if failure == 0, rename(temporary, path) != 0 { failure = errno }
        guard failure == 0 else {
            unlink(temporary)
            throw .unwritableFile(path: path, reason: Self.systemReason(failure))
        }
    }

    static func exists(_ path: String) -> Bool {
        access(path, F_OK) == 0
    }

    /// Makes the folder and those above it where they are missing.
    static func makeFolder(_ path: String) throws(TLSError) {
        var made = path.hasPrefix("/") ? "/" : ""
        for part in path.split(separator: "/") {
            made += part
            if mkdir(made, 0o755) != 0, errno != EEXIST {
                throw .unwritableFile(path: made, reason: Self.systemReason(errno))
            }
            made += "/"
        }
    }

    static func systemReason(_ code: Int32) -> String {
        String(cString: strerror(code))
    }
}
