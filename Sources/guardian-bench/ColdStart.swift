import ArgumentParser
import Foundation
import GuardCore
import GuardianModel
import TLS

/// From nothing to a first score, in a process of its own; `slm` starts it and reads what it prints.
struct ColdStart: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cold-start",
        abstract: "Loads the model, classifies a text and says so; then, if asked to, works and tells its memory.",
        shouldDisplay: false
    )

    @OptionGroup var packed: PackedOption

    @Flag(help: "Classify long and many texts and write a response before memory is measured.")
    var working = false

    func run() async throws {
        let model = try GuardianModel(contentsOf: packed.model, digest: { try Digest.sha256Hex(of: $0) })
        let engine = try GuardianEngine(model, threads: packed.threads, capacity: 64)
        let text = "How do I keep bread fresh for longer than a day?"
        _ = try await engine.classify([ClassifierInput(role: .user, text: text)], deadline: nil)
        print("ready")
        // What is printed must not wait for the buffer.
        fflush(nil)
        guard working else { return }
        let long = String(repeating: "\(text) ", count: 200)
        _ = try await engine.classify([ClassifierInput(role: .user, text: long)], deadline: nil)
        _ = try await engine.classify(
            (0..<32).map { ClassifierInput(role: .user, text: "\(text) And \($0) days?") },
            deadline: nil
        )
        let request = SafeguardRequest(category: .selfHarm, text: text, isForced: true)
        _ = await engine.respond(to: request, deadline: nil)
        let memory = ResidentMemory.current
        print(memory.total, memory.own)
        engine.shutDown()
    }

    /// Starts the process and waits for its first score.
    ///
    /// - Returns: the seconds that it took, and where it goes on, the memory that it ends with.
    static func measure(_ packed: PackedOption, working: Bool) throws -> (seconds: Double, memory: ResidentMemory?) {
        let process = Process()
        process.executableURL = Bundle.main.executableURL
        process.arguments =
            ["cold-start", "--model", packed.model, "--threads", "\(packed.threads)"] + (working ? ["--working"] : [])
        let output = Pipe()
        process.standardOutput = output
        let clock = ContinuousClock()
        let start = clock.now
        try process.run()
        let first = output.fileHandleForReading.availableData
        let seconds = (clock.now - start) / .seconds(1)
        let rest = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0, first.starts(with: Data("ready".utf8)) else {
            throw ValidationError("the model at \(packed.model) did not start")
        }
        let words = String(decoding: Array(first) + Array(rest), as: UTF8.self).split { $0.isWhitespace }.compactMap {
            Double($0)
        }
        return (seconds, words.count == 2 ? ResidentMemory(total: words[0], own: words[1]) : nil)
    }
}

/// A process's resident memory in MB (10^6 bytes), as the kernel counts it.
struct ResidentMemory {
    /// Pages of the mapped model that were touched included; every process that maps it shares them.
    var total: Double
    /// What no other process shares.
    var own: Double

    static var current: ResidentMemory {
        ResidentMemory(total: megabytes("VmRSS:"), own: megabytes("RssAnon:"))
    }

    private static func megabytes(_ key: String) -> Double {
        guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix(key) }),
            let kilobytes = line.split(whereSeparator: { !$0.isNumber }).first.flatMap({ Double($0) })
        else { return .nan }
        // The kernel's are of 1,024 bytes.
        return kilobytes * 1024 / 1e6
    }
}
