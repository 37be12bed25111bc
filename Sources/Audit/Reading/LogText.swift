import Deflate

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The text of a file, piece by piece, whether the file is plain or in gzip. What it is shows in its first bytes: no text
/// begins as gzip does.
struct LogText: ~Copyable {
    private static let block = 1 << 18

    let path: String
    /// Whether the file is in gzip.
    let isCompressed: Bool
    private let descriptor: Int32
    private var reader = GzipReader()
    /// What was read to see what the file is.
    private var first: [UInt8]?
    private var isOver = false

    /// - Throws: `AuditFileError`.
    init(path: String) throws(AuditFileError) {
        var descriptor = openForReading(path)
        var opened = path
        if descriptor < 0, errno == ENOENT {
            // It may have been compressed since it was named.
            descriptor = openForReading(path + CompressedFile.suffix)
            if descriptor >= 0 { opened = path + CompressedFile.suffix }
        }
        guard descriptor >= 0 else { throw AuditFileError(.log, path: path, code: errno) }
        let first: [UInt8]
        do throws(AuditFileError) {
            first = try readBlock(descriptor, Self.block, opened)
        } catch {
            _ = closeDescriptor(descriptor)
            throw error
        }
        self.init(path: opened, descriptor, first)
    }

    private init(path: String, _ descriptor: Int32, _ first: [UInt8]) {
        self.path = path
        self.descriptor = descriptor
        self.first = first
        isCompressed = GzipReader.isGzip(first)
    }

    deinit { _ = closeDescriptor(descriptor) }

    /// The next piece; nil at the end.
    ///
    /// - Throws: `AuditFileError`.
    mutating func next() throws(AuditFileError) -> [UInt8]? {
        guard isCompressed else {
            let bytes = try read()
            return bytes.isEmpty ? nil : bytes
        }
        while true {
            do throws(GzipReader.Failure) {
                if let piece = try reader.next() { return piece }
            } catch {
                throw AuditFileError(.damaged(error), path: path, code: 0)
            }
            if isOver { return nil }
            let bytes = try read()
            isOver = bytes.isEmpty
            if isOver { reader.end() } else { reader.feed(bytes) }
        }
    }

    private mutating func read() throws(AuditFileError) -> [UInt8] {
        if let first {
            self.first = nil
            return first
        }
        return try readBlock(descriptor, Self.block, path)
    }
}

/// Up to so many bytes; none at the end.
private func readBlock(_ descriptor: Int32, _ size: Int, _ path: String) throws(AuditFileError) -> [UInt8] {
    var count = -1
    let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, filled in
        repeat { count = read(descriptor, buffer.baseAddress, size) } while count < 0 && errno == EINTR
        filled = max(0, count)
    }
    guard count >= 0 else { throw AuditFileError(.log, path: path, code: errno) }
    return bytes
}

private func openForReading(_ path: String) -> Int32 { open(path, O_RDONLY | O_CLOEXEC) }
