import Deflate

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A file in gzip that takes the place of a plain one.
///
/// At every moment one of the two is there, whole: the compressed one is written under a name that no reader looks for,
/// written through to the disk, read again and compared, and only then named; the plain one is removed last.
struct CompressedFile {
    /// The end of a compressed file's name.
    static let suffix = ".gz"
    /// The beginning of the name of one that is being written.
    static let unfinished = "compressing-"

    /// Bytes read at a time.
    private static let block = 1 << 16

    private let plain: String
    private var compressed: String { plain + Self.suffix }
    private var temporary: String {
        let name = RotatedFiles.lastPart(of: plain)
        return plain.dropLast(name.count) + Self.unfinished + name + Self.suffix
    }

    init(of plain: String) { self.plain = plain }

    /// Compresses the file, unless it is compressed already and only its removal was left to do.
    ///
    /// - Parameter isCancelled: whether to leave everything as it was; asked before each block.
    /// - Throws: `AuditFileError`; the plain file is there then.
    func make(isCancelled: () -> Bool) throws(AuditFileError) {
        let source = try SourceFile(plain)
        if !holdsSame(as: source, compressed, isCancelled) {
            defer { _ = unlink(temporary) }
            try write(source, isCancelled)
            if isCancelled() { return }
            guard holdsSame(as: source, temporary, isCancelled) else {
                if isCancelled() { return }
                throw AuditFileError(.compressed, path: temporary, code: EIO)
            }
            guard rename(temporary, compressed) == 0 else {
                throw AuditFileError(.compressed, path: compressed, code: errno)
            }
        }
        if isCancelled() { return }
        syncFolder()
        // It was removed as the oldest meanwhile: then so is this.
        if unlink(plain) != 0, errno == ENOENT { _ = unlink(compressed) }
    }

    private func write(_ source: borrowing SourceFile, _ isCancelled: () -> Bool) throws(AuditFileError) {
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw AuditFileError(.compressed, path: temporary, code: errno) }
        defer { _ = closeDescriptor(descriptor) }
        var writer = GzipWriter()
        var place = 0
        while !isCancelled(), let block = try source.read(at: place, Self.block) {
            place += block.count
            try append(writer.write(block), to: descriptor)
        }
        if isCancelled() { return }
        try append(writer.finish(), to: descriptor)
        // Who may read it, and how old it is, do not change.
        _ = fchmod(descriptor, source.mode)
        _ = source.withTimes { futimens(descriptor, $0) }
        guard fsync(descriptor) == 0 else { throw AuditFileError(.compressed, path: temporary, code: errno) }
    }

    private func append(_ bytes: [UInt8], to descriptor: Int32) throws(AuditFileError) {
        guard writeAll(bytes, to: descriptor) == bytes.count else {
            throw AuditFileError(.compressed, path: temporary, code: errno)
        }
    }

    /// Whether a compressed file holds just the bytes of the plain one.
    private func holdsSame(as source: borrowing SourceFile, _ path: String, _ isCancelled: () -> Bool) -> Bool {
        guard var text = try? LogText(path: path), text.isCompressed else { return false }
        var place = 0
        do throws(AuditFileError) {
            while !isCancelled(), let piece = try text.next() {
                guard try source.read(at: place, piece.count) ?? [] == piece else { return false }
                place += piece.count
            }
            return !isCancelled() && place == source.length
        } catch {
            return false
        }
    }

    /// Has the new name on the disk before the old one goes.
    private func syncFolder() {
        let folder = String(plain.dropLast(RotatedFiles.lastPart(of: plain).count))
        let descriptor = open(folder.isEmpty ? "." : folder, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        _ = fsync(descriptor)
        _ = closeDescriptor(descriptor)
    }
}

/// A plain file that is read from any place.
private struct SourceFile: ~Copyable {
    private let descriptor: Int32
    private let path: String
    private let status: stat

    var length: Int { Int(status.st_size) }
    var mode: mode_t { status.st_mode & 0o777 }

    init(_ path: String) throws(AuditFileError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw AuditFileError(.log, path: path, code: errno) }
        var status = stat()
        // It cannot fail for what was opened just now; were it to, the file would count as empty, and then not as the same.
        _ = fstat(descriptor, &status)
        self.init(path, descriptor, status)
    }

    private init(_ path: String, _ descriptor: Int32, _ status: stat) {
        self.path = path
        self.descriptor = descriptor
        self.status = status
    }

    deinit { _ = closeDescriptor(descriptor) }

    /// Up to so many bytes; nil at the end.
    func read(at place: Int, _ count: Int) throws(AuditFileError) -> [UInt8]? {
        var code: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let got = pread(
                    descriptor,
                    buffer.baseAddress?.advanced(by: filled),
                    count - filled,
                    off_t(place + filled)
                )
                if got < 0, errno == EINTR { continue }
                if got < 0 { code = errno }
                guard got > 0 else { return }
                filled += got
            }
        }
        guard code == 0 else { throw AuditFileError(.log, path: path, code: code) }
        return bytes.isEmpty ? nil : bytes
    }

    /// When it was read and changed, as `futimens` takes it.
    func withTimes(_ body: (UnsafePointer<timespec>) -> Int32) -> Int32 {
        #if canImport(Glibc)
        let times = [status.st_atim, status.st_mtim]
        #else
        let times = [status.st_atimespec, status.st_mtimespec]
        #endif
        return times.withUnsafeBufferPointer { $0.baseAddress.map(body) ?? 0 }
    }
}
