#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The files that a log's earlier lines were put away in: `PATH.TIME-NUMBER`, the number being that of their last line, and
/// `.gz` behind it once they are compressed.
///
/// Both parts have a fixed width, so that the order of the names is the order of the lines.
struct RotatedFiles {
    let path: String

    private var folder: String { path.lastIndex(of: "/").map { String(path[...$0]) } ?? "./" }
    private var base: String { path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path }

    /// `audit.jsonl.20261129T024700Z-000000000042`.
    func name(after sequence: UInt64, at time: AuditTime) -> String {
        let digits = String(sequence)
        return "\(path).\(time.compact)-\(String(repeating: "0", count: max(0, 12 - digits.count)))\(digits)"
    }

    /// The name for a file that is put away now, behind those of all that are there. Where the clock was set back it must not be
    /// taken for the oldest, which is the first to be removed; nor may it take the name of a file of another chain.
    func nextName(after sequence: UInt64, at time: AuditTime) -> String {
        let present = name(after: sequence, at: time)
        guard let newest = found.last?.stem, present <= newest, let latest = Self.time(of: newest) else {
            return present
        }
        let beside = name(after: sequence, at: latest)
        if beside > newest { return beside }
        return name(after: sequence, at: AuditTime(millisecondsSinceEpoch: latest.millisecondsSinceEpoch + 1000))
    }

    /// The time in the name of a file; nil if it is none.
    private static func time(of stem: String) -> AuditTime? {
        stem.lastIndex(of: "-").flatMap { AuditTime(compact: String(stem[..<$0].suffix(16))) }
    }

    /// For what is no part of the log: `torn-20261129T024700Z-4711.audit.jsonl`, so that `audit.jsonl*` does not name it.
    ///
    /// A name that is free: in a container each process has the same number, and one that is started again and again may
    /// do so within a second.
    func aside(_ kind: String, at time: AuditTime) -> String {
        let stem = "\(folder)\(kind)-\(time.compact)-\(getpid())"
        var name = "\(stem).\(base)"
        var count = 1
        while access(name, F_OK) == 0 {
            count += 1
            name = "\(stem)-\(count).\(base)"
        }
        return name
    }

    /// A file that is there, plain, compressed, or both for a moment.
    private struct File {
        /// The path without the suffix of a compressed one.
        var stem: String
        var isPlain = false

        var path: String { isPlain ? stem : stem + CompressedFile.suffix }
    }

    /// The paths of the files that are there, oldest first. Of one that is there plain and compressed, the plain one counts.
    var existing: [String] { found.map(\.path) }

    /// Those of them that are plain.
    var uncompressed: [String] { found.filter(\.isPlain).map(\.stem) }

    private var found: [File] {
        var found: [String: File] = [:]
        for name in names {
            let isCompressed = name.hasSuffix(CompressedFile.suffix)
            let stem = isCompressed ? String(name.dropLast(CompressedFile.suffix.count)) : name
            guard isRotated(stem) else { continue }
            var file = found[stem] ?? File(stem: folder + stem)
            if !isCompressed { file.isPlain = true }
            found[stem] = file
        }
        return found.values.sorted { $0.stem < $1.stem }
    }

    /// What is in the folder.
    private var names: [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            names.append(
                withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
                }
            )
        }
        return names
    }

    /// Removes the oldest but `kept` of them.
    ///
    /// - Returns: the names of those removed.
    func remove(keeping kept: Int) -> [String] {
        // One that is being compressed may change its name meanwhile: both names go.
        let names = found.dropLast(kept).flatMap { file in [file.stem, file.stem + CompressedFile.suffix] }
        return names.filter { unlink($0) == 0 }.map { Self.lastPart(of: $0) }
    }

    /// Removes what a process left that was killed while it compressed.
    func removeUnfinished() {
        for name in names where name.hasPrefix(CompressedFile.unfinished) && name.hasSuffix(CompressedFile.suffix) {
            let stem = name.dropFirst(CompressedFile.unfinished.count).dropLast(CompressedFile.suffix.count)
            if isRotated(String(stem)) { _ = unlink(folder + name) }
        }
    }

    static func lastPart(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
    }

    private func isRotated(_ name: String) -> Bool {
        guard name.hasPrefix(base + ".") else { return false }
        let parts = name.dropFirst(base.count + 1).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].utf8.count == 16, parts[0].hasSuffix("Z") else { return false }
        return (12...20).contains(parts[1].utf8.count) && parts[1].utf8.allSatisfy { (48...57).contains($0) }
    }
}
