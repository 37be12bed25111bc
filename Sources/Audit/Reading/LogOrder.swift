#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The order that files of a log are read in.
package enum LogOrder: Sendable {
    /// By the number of their first line, whatever the order they were named in: that of one chain.
    case byNumber
    /// By the time of their first line, then by its number: where there are several chains, each has its own numbers.
    case byTime

    /// A file in its place.
    struct File {
        var path: String
        /// The link of its first line; nil where there is none, and of a file that stands alone, which is not looked into.
        var first: ChainLink?
    }

    /// Puts files in order.
    ///
    /// Of a file that is named plain and compressed the plain one is read: both are there between the moment that the compressed
    /// one is whole and the moment that the plain one is removed.
    ///
    /// - Throws: `AuditFileError` if one has to be looked into for its place and cannot be.
    package func applied(to paths: [String]) throws(AuditFileError) -> [String] {
        try files(of: paths).map(\.path)
    }

    /// The same, with what the first lines were found to say.
    func files(of paths: [String]) throws(AuditFileError) -> [File] {
        let named = Set(paths)
        let suffix = CompressedFile.suffix
        let files = paths.filter { !$0.hasSuffix(suffix) || !named.contains(String($0.dropLast(suffix.count))) }
        // Nothing is read that need not be: of a pipe it would be gone.
        guard files.count > 1 else { return files.map { File(path: $0) } }
        var keyed: [(time: Int64, number: UInt64, file: File)] = []
        for path in files {
            guard canBeReadTwice(path) else { throw AuditFileError(.unordered, path: path, code: 0) }
            let line = try firstLine(of: path)
            // What has no number, or no time, goes first: the break that it is shows at once. An empty file breaks nothing.
            let time = self == .byTime ? LineHead(line).time?.millisecondsSinceEpoch ?? .min : 0
            let link = ChainLink.read(line)?.link
            keyed.append((time, link?.sequence ?? 0, File(path: path, first: link)))
        }
        return keyed.enumerated()
            .sorted {
                ($0.element.time, $0.element.number, $0.offset) < ($1.element.time, $1.element.number, $1.offset)
            }
            .map(\.element.file)
    }
}

/// Whether a path is that of a plain file. One that is not there is told of by whoever opens it.
private func canBeReadTwice(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) != 0 || status.st_mode & S_IFMT == S_IFREG
}

/// Nothing if the file is empty.
private func firstLine(of path: String) throws(AuditFileError) -> [UInt8] {
    do throws(AuditFileError) {
        var lines = try LogLines(path: path)
        return try lines.next()?.bytes ?? []
    } catch {
        // That it is damaged is told by whoever reads its lines.
        if case .damaged = error.place { return [] }
        throw error
    }
}
