#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A file mapped read-only: its pages are shared between processes and are read when touched.
///
/// A file that is cut short while mapped kills the process on the next touch; replace model files by renaming, never
/// by writing over them.
// Unchecked: the bytes are never written and live as long as the object.
package final class MappedFile: @unchecked Sendable {
    package let path: String
    /// The file's bytes; valid while this object lives.
    package let bytes: UnsafeRawBufferPointer
    /// Whether `bytes` is a mapping, and not memory of its own.
    private let isMapping: Bool

    /// - Throws: `ModelFileError` with code `unreadable` if the file cannot be opened or is not a regular file, `truncated` if it is
    ///   empty.
    package init(path: String) throws(ModelFileError) {
        // A pipe that has a name would hold the caller until somebody writes into it; to regular files it makes no difference.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw ModelFileError(.unreadable, "cannot be opened", errno: errno, path: path)
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw ModelFileError(.unreadable, "cannot be examined", errno: errno, path: path)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw ModelFileError(.unreadable, "is not a regular file", path: path)
        }
        guard status.st_size > 0 else { throw ModelFileError(.truncated, "is empty", path: path) }
        let size = Int(status.st_size)
        guard let base = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), base != MAP_FAILED else {
            throw ModelFileError(.unreadable, "cannot be mapped", errno: errno, path: path)
        }
        self.path = path
        self.bytes = UnsafeRawBufferPointer(start: base, count: size)
        isMapping = true
    }

    /// A copy of bytes that are in no file, aligned as sections are: memory that ends where they do, so that a checker of
    /// memory sees whoever reads past them.
    ///
    /// - Parameter path: how errors name it.
    package init(copying content: UnsafeRawBufferPointer, path: String) {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: content.count, alignment: 64)
        memory.copyMemory(from: content)
        self.path = path
        self.bytes = UnsafeRawBufferPointer(memory)
        isMapping = false
    }

    /// Lets go of the pages that were touched so far. They come back, most often from the system's cache, as they are touched
    /// again: whoever reads all of a file once to check it need not keep all of it resident for that.
    package func release() {
        guard isMapping else { return }
        // The bytes are a file's and never written, so nothing is lost by it.
        _ = madvise(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count, Int32(MADV_DONTNEED))
    }

    deinit {
        if isMapping {
            munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count)
        } else {
            bytes.deallocate()
        }
    }
}
