import Foundation
import NIOCore
import Transformer

/// What of the machine matters to the gateway.
package struct Machine: Sendable {
    package var processors: Int
    /// The instruction set level of the kernels; nil if the environment names one that the machine does not run.
    package var kernels: String?
    /// Whether that is the slow level that runs everywhere.
    package var isSlow: Bool
    /// Bytes of memory that could be had, within the limit of the container if there is one; nil if nobody tells.
    package var availableMemory: Int?
    /// Files and connections that the process may have open; nil for no limit.
    package var openFiles: Int?

    package init(processors: Int, kernels: String?, isSlow: Bool, availableMemory: Int?, openFiles: Int?) {
        self.processors = processors
        self.kernels = kernels
        self.isSlow = isSlow
        self.availableMemory = availableMemory
        self.openFiles = openFiles
    }

    /// This one, now.
    package static func current(
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> Machine {
        let level = try? KernelLevel.choice(environment[KernelLevel.environmentName])
        return Machine(
            processors: usableProcessors,
            kernels: level?.rawValue,
            isSlow: level == .generic,
            availableMemory: [ProcessMemory.availableBytes, containerMemory].compactMap { $0 }.min(),
            openFiles: openFileLimit
        )
    }

    /// How many processors the process may use: within the limit of the container, which Foundation does not know in version 2 of
    /// control groups, and among those that the process is bound to, which NIO does not know.
    package static var usableProcessors: Int {
        max(1, min(System.coreCount, ProcessInfo.processInfo.activeProcessorCount))
    }

    private static var openFileLimit: Int? {
        var limit = rlimit()
        #if canImport(Glibc)
        let result = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        #else
        let result = getrlimit(RLIMIT_NOFILE, &limit)
        #endif
        guard result == 0, limit.rlim_cur != rlim_t.max else { return nil }
        return Int(clamping: limit.rlim_cur)
    }

    /// What the container's control group leaves of its limit, in its version 2 or 1; nil if there is no limit.
    private static var containerMemory: Int? {
        let versions = [
            ("/sys/fs/cgroup/memory", "max", "current", "inactive_file"),
            ("/sys/fs/cgroup/memory/memory", "limit_in_bytes", "usage_in_bytes", "total_inactive_file"),
        ]
        for (group, limit, use, cache) in versions {
            func text(_ name: String) -> String? { try? String(contentsOfFile: "\(group).\(name)", encoding: .utf8) }
            guard let limit = text(limit) else { continue }
            let cached = number(cache, in: text("stat") ?? "") ?? 0
            return remainder(limit: limit, used: text(use) ?? "0", cached: cached)
        }
        return nil
    }

    /// - Parameter cached: of what is used, the part that holds files and that the system gives up as soon as memory is asked for.
    /// - Returns: nil for `max`, and for what is no number.
    static func remainder(limit: String, used: String, cached: Int) -> Int? {
        let limit = Int(limit.trimmingCharacters(in: .whitespacesAndNewlines))
        let used = Int(used.trimmingCharacters(in: .whitespacesAndNewlines))
        guard let limit, let used else { return nil }
        return max(0, limit - max(0, used - cached))
    }

    /// The number behind a name, of lines such as those of `memory.stat`; nil if none has the name.
    static func number(_ name: String, in text: String) -> Int? {
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 2, words[0] == name { return Int(words[1]) }
        }
        return nil
    }
}
