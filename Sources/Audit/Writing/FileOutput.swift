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
    /// Beside the file itself: where `path` is a link to it, the file is put away and the link stays.
    private var files: RotatedFiles
    private var compressor: RotationCompressor?
    private var descriptor: Int32
    /// The time of the file's first line; nil while there is none.
    private var since: AuditTime?
    /// Whether the place is a plain file, not a device or a pipe that the operator named.
    private var isPlain: Bool
    /// Until when nothing is put away, because that failed.
    private var noRotationBefore: ContinuousClock.Instant?

    /// How long it is not tried again then: it would be for each record, and costs as much as many of them.
    private static let rotationPause = Duration.seconds(60)

    /// Opens the file, mends its end if the process before was killed, and finds where the chain stands.
    ///
    /// - Parameter hash: checks the last line.
    /// - Throws: `AuditFileError`.
    package init(path: String, rotation: Rotation = Rotation(), hash: AuditHash) throws(AuditFileError) {
        self.path = path
        self.rotation = rotation
        var opened = try Self.open(path)
        files = RotatedFiles(path: opened.isPlain ? Self.place(of: path) : path)
        guard opened.isPlain else {
            recovery = AuditRecovery()
            (descriptor, since, isPlain) = (opened.descriptor, nil, false)
            return
        }
        let end = LogEnd(descriptor: opened.descriptor, path: files.path)
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
                recovery.setAside = try Self.setAside(files)
                _ = closeDescriptor(opened.descriptor)
                opened = try Self.open(files.path)
            }
        }
        if opened.length == 0, recovery.setAside == nil, let newest = files.existing.last {
            recovery.last = LogEnd.lastLink(ofFile: newest, hash: hash)
        }
        self.recovery = recovery
        (descriptor, isPlain) = (opened.descriptor, true)
        since = opened.length > 0 ? LogEnd(descriptor: opened.descriptor, path: files.path).firstTime : nil
        tidy()
    }

    deinit { close() }

    package func write(_ line: [UInt8], event: String) -> Bool {
        let written = writeAll(line, to: descriptor)
        guard written == line.count else {
            // A piece of a line would end the chain for whoever reads it.
            if isPlain { Self.takeBack(written, from: descriptor) }
            return false
        }
        if since == nil { since = .now() }
        return true
    }

    /// What cannot be written whole is taken back whole.
    package var longestBatch: Int { isPlain ? 64 : 1 }

    package func wantsRotation(before bytes: Int, at time: AuditTime) -> Bool {
        guard isPlain, rotation.size != nil || rotation.age != nil, let length = Self.length(of: descriptor) else {
            return false
        }
        // Emptied by others, perhaps: its first line is yet to come.
        if length == 0 { since = nil }
        if let noRotationBefore, ContinuousClock.now < noRotationBefore { return false }
        guard let first = since else { return false }
        if let size = rotation.size, length + bytes > size { return true }
        guard let age = rotation.age else { return false }
        // Written by a clock that ran ahead: the file gets old from here on, and not once the time has come.
        if time < first { since = time }
        return Duration.milliseconds(time.millisecondsSinceEpoch - first.millisecondsSinceEpoch) >= age
    }

    package func rotate(after sequence: UInt64, at time: AuditTime) -> AuditRotation? {
        noRotationBefore = ContinuousClock.now + Self.rotationPause
        let name = files.nextName(after: sequence, at: time)
        _ = fsync(descriptor)
        guard rename(files.path, name) == 0 else { return nil }
        guard let fresh = try? Self.open(files.path) else {
            _ = rename(name, files.path)
            return nil
        }
        noRotationBefore = nil
        _ = closeDescriptor(descriptor)
        (descriptor, since, isPlain) = (fresh.descriptor, nil, fresh.isPlain)
        let rotation = AuditRotation(
            file: RotatedFiles.lastPart(of: name),
            removed: files.remove(keeping: rotation.keep),
            uncompressed: compressor?.takeFailures() ?? []
        )
        compressor?.start()
        return rotation
    }

    /// The file that was moved away is closed, the path opened again. If that fails, the old file stays in use.
    package func reopen() -> Bool {
        var now = stat()
        var open = stat()
        // The same file: it is locked by this very process.
        if stat(path, &now) == 0, fstat(descriptor, &open) == 0, now.st_ino == open.st_ino, now.st_dev == open.st_dev {
            return true
        }
        guard let fresh = try? Self.open(path) else { return false }
        _ = fsync(descriptor)
        _ = closeDescriptor(descriptor)
        (descriptor, isPlain) = (fresh.descriptor, fresh.isPlain)
        since = nil
        noRotationBefore = nil
        if isPlain { move(to: Self.place(of: path)) }
        return true
    }

    package func close() {
        guard descriptor >= 0 else { return }
        _ = fsync(descriptor)
        // Before the lock goes: the next process takes what is unfinished for left over.
        compressor?.close()
        _ = closeDescriptor(descriptor)
        descriptor = -1
    }

    /// A link was turned to another file: what is put away from here on lies beside that one.
    private func move(to place: String) {
        guard place != files.path else { return }
        compressor?.close()
        files = RotatedFiles(path: place)
        tidy()
    }

    /// Removes what was left over beside the file, which is locked, so that it is nobody else's work, and has the rest compressed.
    private func tidy() {
        files.removeUnfinished()
        compressor = rotation.compression == .gzip ? RotationCompressor(files: files) : nil
        compressor?.start()
    }

    /// Where the file of a path is, behind links, or would be made; the path itself if the links lead in a circle.
    package static func place(of path: String) -> String {
        var place = path
        for _ in 0..<mostLinks {
            if let found = realpath(place, nil) {
                defer { free(found) }
                return String(cString: found)
            }
            // Whoever opens a link to a file that is not there yet makes the file, where the link leads.
            guard let target = Self.target(ofLink: place) else { return place }
            place = target
        }
        return path
    }

    /// How many links behind one another are followed: as many as the system follows.
    private static let mostLinks = 40
    /// The longest path that the system takes.
    private static let longestPath = 4096

    /// Where a link leads; nil if the path is of none.
    private static func target(ofLink path: String) -> String? {
        var bytes = [CChar](repeating: 0, count: longestPath)
        let count = readlink(path, &bytes, bytes.count)
        guard count > 0 else { return nil }
        let target = String(decoding: bytes.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard !target.hasPrefix("/"), let slash = path.lastIndex(of: "/") else { return target }
        return String(path[...slash]) + target
    }

    /// Takes back the bytes that were appended last, as many as are given.
    ///
    /// By what the file holds now: whoever copies a log and empties it, as logrotate's `copytruncate` does, makes it shorter than what
    /// was written to it, and cut where it once ended it would get longer, by zeros.
    static func takeBack(_ bytes: Int, from descriptor: Int32) {
        guard bytes > 0, let length = length(of: descriptor) else { return }
        _ = ftruncate(descriptor, off_t(max(0, length - bytes)))
    }

    /// nil if the system does not tell.
    private static func length(of descriptor: Int32) -> Int? {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? Int(status.st_size) : nil
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

    private static func setAside(_ files: RotatedFiles) throws(AuditFileError) -> String {
        let name = files.aside("unchained", at: .now())
        guard rename(files.path, name) == 0 else { throw AuditFileError(.file, path: files.path, code: errno) }
        return RotatedFiles.lastPart(of: name)
    }
}

// The method of the same name hides the system's. A pipe that nobody reads is not waited for.
private func openForAppending(_ path: String) -> Int32 {
    let writable = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
    return writable >= 0 ? writable : open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
}
