import Foundation

/// What a process and its children have used, as Linux tells it in `/proc`.
struct ProcessUse {
    /// Seconds of processor time, in the program and in the system on its account.
    var processor: Double
    /// Bytes that are resident now, pages of mapped files included.
    var resident: Double
    /// Of these, those that are no file's.
    var anonymous: Double

    /// nil where there is no `/proc`, or no such process.
    init?(of process: Int32) {
        guard let own = Self.read(process) else { return nil }
        var all = [own]
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
            guard let other = Int32(name), other != process, Self.parent(of: other) == process else { continue }
            if let use = Self.read(other) { all.append(use) }
        }
        processor = all.reduce(0) { $0 + $1.processor }
        resident = all.reduce(0) { $0 + $1.resident }
        anonymous = all.reduce(0) { $0 + $1.anonymous }
    }

    private static func read(_ process: Int32) -> (processor: Double, resident: Double, anonymous: Double)? {
        // The name, in parentheses, may hold spaces; 14 and 15 are counted from the process id (proc(5)).
        guard let fields = stat(process), fields.count > 13, let user = Double(fields[11]),
            let system = Double(fields[12]),
            let status = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
        else { return nil }
        let tick = Double(sysconf(Int32(_SC_CLK_TCK)))
        func bytes(_ label: String) -> Double {
            let line = status.split(separator: "\n").first { $0.hasPrefix(label) }
            return line?.split(separator: "\t").last.flatMap { Double($0.split(separator: " ")[0]) }.map { $0 * 1024 }
                ?? 0
        }
        return ((user + system) / tick, bytes("VmRSS:"), bytes("RssAnon:"))
    }

    private static func parent(of process: Int32) -> Int32? { stat(process).flatMap { Int32($0[1]) } }

    /// What stands behind the name.
    private static func stat(_ process: Int32) -> [Substring]? {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
            let end = text.lastIndex(of: ")")
        else { return nil }
        let fields = text[text.index(after: end)...].split(whereSeparator: \.isWhitespace)
        return fields.count > 2 ? fields : nil
    }
}
