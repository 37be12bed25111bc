#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Appends lines to a file, and puts it away when it is large or old.
///
/// The file is made with mode 0600 and narrowed to it if it exists: scores and, where turned on, prompts are nobody
/// else's business. It is locked: two processes that append to one file would break each other's chain.
package final class FileOutput: AuditOutput {
    /// When the lines so far are put away, and how many such files are kept.
    package struct Rotation: Sendable, Equatable {
        /// Bytes; nil is no bound.
        package var size: Int?
        /// Since the file's first line; nil is no bound.
        package var age: Duration?
        /// The oldest beyond this many are removed.
        package var keep: Int
        package var compression: Compression

        package init(size: Int? = nil, age: Duration? = nil, keep: Int = 10, compression: Compression = .none) {
            self.size = size
            self.age = age
            self.keep = keep
            self.compression = compression
        }
    }

    /// What becomes of files that were put away.
    package enum Compression: String, Sendable, CaseIterable {
        /// They stay as they are: whatever reads lines may follow them.
        case none
        /// They are compressed, apart from the writing of records.
        case gzip
    }

    package let path: String
    /// What was found when the file was opened.
    package let recovery: AuditRecovery
    private let rotation: Rotation
    private let files: RotatedFiles
    private let compressor: RotationCompressor?
    private var descriptor: Int32
    private var length: Int
    /// The time of the file's first line; nil while there is none.
    private var since: AuditTime?
    /// Whether the place is a plain file, not a device or a pipe that the operator named.
    private var isPlain: Bool

    /// Opens the file, mends its end if the process before was killed, and finds where the chain stands.
    ///
    /// - Parameter hash: checks the last line.
    /// - Throws: `AuditFileError`.
    package init(path: String, rotation: Rotation = Rotation(), hash: AuditHash) throws(AuditFileError) {
        self.path = path
        self.rotation = rotation
        files = RotatedFiles(path: path)
        var opened = try Self.open(path)
        guard opened.isPlain else {
            recovery = AuditRecovery()
            compressor = nil
            (descriptor, length, since, isPlain) = (opened.descriptor, 0, nil, false)
            return
        }
        let end = LogEnd(descriptor: opened.descriptor, path: path)
        var recovery = AuditRecovery()
        if opened.length > 0 {
            (recovery.tornFile, recovery.tornBytes) = try end.moveTornLineAside(length: opened.length)
            opened.length -= recovery.tornBytes
        }
        if opened.length > 0 {
            if let last = end.lastLink(length: opened.length, hash: hash) {
                recovery.last = last
            } else {
                // Not ours, or changed: it is left as it is, under another name, and a chain begins.
                recovery.setAside = try Self.setAside(path)
                _ = closeDescriptor(opened.descriptor)
                opened = try Self.open(path)
            }
        }
        if opened.length == 0, recovery.setAside == nil, let newest = files.existing.last {
            recovery.last = LogEnd.lastLink(ofFile: newest, hash: hash)
        }
        self.recovery = recovery
        (descriptor, length, isPlain) = (opened.descriptor, opened.length, true)
        since = length > 0 ? LogEnd(descriptor: descriptor, path: path).firstTime : nil
        // The file is locked, so nobody else's work is taken for what was left over.
        files.removeUnfinished()
        compressor = rotation.compression == .gzip ? RotationCompressor(files: files) : nil
        compressor?.start()
    }

    deinit { close() }

    package func write(_ line: [UInt8], event: String) -> Bool {
        let written = writeAll(line, to: descriptor)
        guard written == line.count else {
            // A piece of a line would end the chain for whoever reads it.
            if isPlain, written > 0 { _ = ftruncate(descriptor, off_t(length)) }
            return false
        }
        length += written
        if since == nil { since = .now() }
        return true
    }

    /// What cannot be written whole is taken back whole.
    package var longestBatch: Int { isPlain ? 64 : 1 }

    package func wantsRotation(before bytes: Int, at time: AuditTime) -> Bool {
        guard isPlain, length > 0, let since else { return false }
        if let size = rotation.size, length + bytes > size { return true }
        guard let age = rotation.age else { return false }
        return Duration.milliseconds(time.millisecondsSinceEpoch - since.millisecondsSinceEpoch) >= age
    }

    package func rotate(after sequence: UInt64, at time: AuditTime) -> AuditRotation? {
        let name = files.name(after: sequence, at: time)
        _ = fsync(descriptor)
        guard rename(path, name) == 0 else { return nil }
        guard let fresh = try? Self.open(path) else {
            _ = rename(name, path)
            return nil
        }
        _ = closeDescriptor(descriptor)
        (descriptor, length, since, isPlain) = (fresh.descriptor, fresh.length, nil, fresh.isPlain)
        let rotation = AuditRotation(
            file: RotatedFiles.lastPart(of: name),
            removed: files.remove(keeping: rotation.keep),
            uncompressed: compressor?.takeFailures() ?? []
        )
        compressor?.start()
        return rotation
    }

    /// The file that was moved away is closed, the path opened again. If that fails, the old file stays in use.
    package func reopen() {
        var now = stat()
        var open = stat()
        // The same file: it is locked by this very process.
        if stat(path, &now) == 0, fstat(descriptor, &open) == 0, now.st_ino == open.st_ino, now.st_dev == open.st_dev {
            return
        }
        guard let fresh = try? Self.open(path) else { return }
        _ = fsync(descriptor)
        _ = closeDescriptor(descriptor)
        (descriptor, length, isPlain) = (fresh.descriptor, fresh.length, fresh.isPlain)
        since = nil
    }

    package func close() {
        guard descriptor >= 0 else { return }
        _ = fsync(descriptor)
        // Before the lock goes: the next process takes what is unfinished for left over.
        compressor?.close()
        _ = closeDescriptor(descriptor)
        descriptor = -1
    }

    private static func open(
        _ path: String
    ) throws(AuditFileError) -> (descriptor: Int32, length: Int, isPlain: Bool) {
        let descriptor = openForAppending(path)
        guard descriptor >= 0 else { throw AuditFileError(.file, path: path, code: errno) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return (descriptor, 0, false) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            _ = closeDescriptor(descriptor)
            throw AuditFileError(.file, path: path, code: code)
        }
        _ = fchmod(descriptor, 0o600)
        return (descriptor, Int(status.st_size), true)
    }

    private static func setAside(_ path: String) throws(AuditFileError) -> String {
        let name = RotatedFiles(path: path).aside("unchained", at: .now())
        guard rename(path, name) == 0 else { throw AuditFileError(.file, path: path, code: errno) }
        return RotatedFiles.lastPart(of: name)
    }
}

// The method of the same name hides the system's. A pipe that nobody reads is not waited for.
private func openForAppending(_ path: String) -> Int32 {
    let writable = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
    return writable >= 0 ? writable : open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
}
