import Foundation

/// A file that a command writes when its work is done.
struct OutputFile {
    /// What becomes of one that is there.
    enum Manner {
        /// It stays, and nothing is written; so does a link that leads nowhere.
        case new
        /// The new one takes its place, whole or not at all, with its permissions and its owner. Links stay links.
        case replacing
        /// It is written over where it is.
        case over
    }

    let path: String
    private let manner: Manner

    init(_ path: String, _ manner: Manner) {
        self.path = path
        self.manner = manner
    }

    /// Whether there is something of this name, be it a link that leads nowhere.
    var isThere: Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    /// Looks whether it can be written, before work is done that would be lost if not.
    ///
    /// A file that would take another's place is made, empty, and taken away again: only the system knows whether its owner can be kept.
    ///
    /// - Throws: `ExitStatus.cannotCreate`, the reason told on standard error.
    func check() throws {
        try complaining { () throws(SystemError) in
            var status = stat()
            if manner == .replacing {
                unlink(try makeReplacement(of: target, with: []))
            } else if manner == .over, stat(path, &status) == 0 {
                guard status.st_mode & S_IFMT != S_IFDIR else { throw SystemError(code: EISDIR) }
                try Self.require(W_OK, of: path)
            } else {
                let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
                try Self.require(W_OK | X_OK, of: folder)
            }
        }
    }

    /// - Throws: `ExitStatus.cannotCreate`, the reason told on standard error.
    func write(_ bytes: [UInt8]) throws {
        try complaining { () throws(SystemError) in
            switch manner {
            case .new: try Self.make(path, with: bytes, permissions: 0o666) { _ in }
            case .replacing: try replace(with: bytes)
            // Opened anew, it would lose what was printed.
            case .over where isStandardOutput: try writeAll(bytes, to: STDOUT_FILENO)
            case .over: try Self.fill(Self.opened(path, O_TRUNC, 0o666), with: bytes)
            }
        }
    }

    private func complaining(_ body: () throws(SystemError) -> Void) throws {
        do throws(SystemError) {
            try body()
        } catch {
            complain("\(path): error: the file cannot be written: \(error)")
            throw ExitStatus.cannotCreate
        }
    }

    /// Whether it is where standard output goes, by whatever name.
    private var isStandardOutput: Bool {
        var named = stat()
        var printed = stat()
        guard stat(path, &named) == 0, fstat(STDOUT_FILENO, &printed) == 0 else { return false }
        return (named.st_dev, named.st_ino) == (printed.st_dev, printed.st_ino)
    }

    /// The file itself, where the path is a link to it.
    private var target: String {
        get throws(SystemError) {
            guard let resolved = realpath(path, nil) else { throw SystemError(code: errno) }
            defer { free(resolved) }
            return String(cString: resolved)
        }
    }

    private func replace(with bytes: [UInt8]) throws(SystemError) {
        let target = try target
        let new = try makeReplacement(of: target, with: bytes)
        guard rename(new, target) == 0 else {
            let code = errno
            unlink(new)
            throw SystemError(code: code)
        }
    }

    /// Makes a file beside another one, with its permissions and its owner.
    ///
    /// - Returns: its path.
    private func makeReplacement(of target: String, with bytes: [UInt8]) throws(SystemError) -> String {
        var status = stat()
        guard stat(target, &status) == 0 else { throw SystemError(code: errno) }
        let (owner, group, permissions) = (status.st_uid, status.st_gid, status.st_mode & 0o7777)
        let new = "\(target).\(getpid()).new"
        // One that a process of this number left behind when it was cut off.
        unlink(new)
        // Nobody else reads it before it is whose the old one is.
        try Self.make(new, with: bytes, permissions: 0o600) { descriptor throws(SystemError) in
            var made = stat()
            guard fstat(descriptor, &made) == 0 else { throw SystemError(code: errno) }
            // The owner first: a new owner takes permissions away.
            guard (made.st_uid, made.st_gid) == (owner, group) || fchown(descriptor, owner, group) == 0 else {
                throw SystemError(code: errno, attempt: "its owner cannot be kept")
            }
            guard fchmod(descriptor, permissions) == 0 else { throw SystemError(code: errno) }
        }
        return new
    }

    /// Makes a file that is not there; if it does not become whole it is taken away again.
    private static func make(
        _ path: String,
        with bytes: [UInt8],
        permissions: mode_t,
        _ prepare: (_ descriptor: Int32) throws(SystemError) -> Void
    ) throws(SystemError) {
        let descriptor = try opened(path, O_EXCL, permissions)
        do throws(SystemError) {
            try fill(descriptor, with: bytes, prepare)
        } catch {
            unlink(path)
            throw error
        }
    }

    private static func opened(_ path: String, _ flag: Int32, _ permissions: mode_t) throws(SystemError) -> Int32 {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flag, permissions)
        guard descriptor >= 0 else { throw SystemError(code: errno) }
        return descriptor
    }

    /// Writes all of an open file and closes it, whatever comes of it.
    private static func fill(
        _ descriptor: Int32,
        with bytes: [UInt8],
        _ prepare: (_ descriptor: Int32) throws(SystemError) -> Void = { _ in }
    ) throws(SystemError) {
        do throws(SystemError) {
            try prepare(descriptor)
            try writeAll(bytes, to: descriptor)
            // After a loss of power a file that took another's place would be empty. Devices and pipes have nothing to keep.
            guard fsync(descriptor) == 0 || errno == EINVAL || errno == ENOTSUP else { throw SystemError(code: errno) }
        } catch {
            close(descriptor)
            throw error
        }
        guard close(descriptor) == 0 else { throw SystemError(code: errno) }
    }

    private static func require(_ rights: Int32, of path: String) throws(SystemError) {
        guard access(path, rights) == 0 else { throw SystemError(code: errno) }
    }
}
