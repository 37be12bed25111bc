#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The files that a log's earlier lines were put away in: `PATH.TIME-NUMBER`, the number being that of their last line.
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

    /// The paths of the files that are there, oldest first.
    var existing: [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var found: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if isRotated(name) { found.append(folder + name) }
        }
        return found.sorted()
    }

    /// Removes the oldest but `kept` of them.
    ///
    /// - Returns: the names of those removed.
    func remove(keeping kept: Int) -> [String] {
        existing.dropLast(kept).filter { unlink($0) == 0 }.map { Self.lastPart(of: $0) }
    }

    static func lastPart(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
    }

    private func isRotated(_ name: String) -> Bool {
        guard name.hasPrefix(base + ".") else { return false }
        let parts = name.dropFirst(base.utf8.count + 1).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].utf8.count == 16, parts[0].hasSuffix("Z") else { return false }
        return (12...20).contains(parts[1].utf8.count) && parts[1].utf8.allSatisfy { (48...57).contains($0) }
    }
}
