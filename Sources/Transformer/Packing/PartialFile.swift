#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A file that is written under a temporary name and takes its own only when it is complete.
///
/// Whoever has the old file mapped keeps it, and nobody ever sees half a file.
final class PartialFile {
    /// Where the bytes are until `commit`.
    let temporaryPath: String
    private let path: String
    private let descriptor: Int32
    private var isCommitted = false
    /// Bytes written.
    private(set) var count = 0

    init(path: String) throws(ModelFileError) {
        self.path = path
        temporaryPath = "\(path).\(getpid())-\(UInt32.random(in: 0...UInt32.max)).partial"
        descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw ModelFileError(.unwritable, "cannot be created", errno: errno, path: path)
        }
    }

    deinit {
        close(descriptor)
        if !isCommitted { unlink(temporaryPath) }
    }

    /// Adds bytes at the end.
    func append(_ bytes: UnsafeRawBufferPointer) throws(ModelFileError) {
        try write(bytes, at: count)
        count += bytes.count
    }

    func append(_ bytes: [UInt8]) throws(ModelFileError) {
        try bytes.withUnsafeBufferPointer { bytes throws(ModelFileError) in try append(UnsafeRawBufferPointer(bytes)) }
    }

    /// Adds zeros up to an offset.
    func pad(to offset: Int) throws(ModelFileError) {
        if offset > count { try append([UInt8](repeating: 0, count: offset - count)) }
    }

    /// Writes over bytes that were added before.
    func replace(_ bytes: [UInt8], at offset: Int) throws(ModelFileError) {
        try bytes.withUnsafeBufferPointer { bytes throws(ModelFileError) in
            try write(UnsafeRawBufferPointer(bytes), at: offset)
        }
    }

    private func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(ModelFileError) {
        var done = 0
        while done < bytes.count, let base = bytes.baseAddress {
            let written = pwrite(descriptor, base + done, bytes.count - done, off_t(offset + done))
            if written < 0, errno == EINTR { continue }
            guard written > 0 else {
                throw ModelFileError(.unwritable, "cannot be written", errno: errno, path: path)
            }
            done += written
        }
    }

    /// Waits until the bytes are stored and gives the file its name.
    func commit() throws(ModelFileError) {
        guard fsync(descriptor) == 0, rename(temporaryPath, path) == 0 else {
            throw ModelFileError(.unwritable, "cannot be stored", errno: errno, path: path)
        }
        isCommitted = true
    }
}
