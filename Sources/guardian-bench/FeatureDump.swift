import ArgumentParser
import Foundation
import GuardCore
import GuardianModel
import TLS
import Transformer

/// The pooled states that the detection head sees, for training a head on them.
struct FeatureDump: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dump-features",
        abstract: "Reads conversations, writes the pooled states of each window of their last turns.",
        discussion: """
            A line is {"turns": [{"role", "text"}]}. Printed is, for each line, how many windows it has; the states of all windows go \
            to --out as little-endian float32.
            """
    )

    private struct Line: Decodable {
        struct Turn: Decodable {
            var role: Role
            var text: String
        }
        var turns: [Turn]
    }

    @OptionGroup var packed: PackedOption

    @Option(help: "File for the states.")
    var out: String

    @Option(help: "Conversations that are read together.")
    var batch = 32

    func run() async throws {
        let model = try GuardianModel(contentsOf: packed.model, digest: { try Digest.sha256Hex(of: $0) })
        let engine = try GuardianEngine(model, threads: packed.threads, capacity: 2)
        guard FileManager.default.createFile(atPath: out, contents: nil) else {
            throw ValidationError("\(out) cannot be written")
        }
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: out))
        var inputs: [ClassifierInput] = []
        func flush() async throws {
            for windows in try await engine.features(of: inputs) {
                print(windows.count)
                for window in windows {
                    let bytes = window.withUnsafeBytes { Data($0) }
                    try file.write(contentsOf: bytes)
                }
            }
            inputs = []
        }
        while let line = readLine() {
            let turns = try JSONDecoder().decode(Line.self, from: Data(line.utf8)).turns
            guard let last = turns.last else { throw ValidationError("a conversation without turns") }
            let context = turns.dropLast().map { ClassifierInput.Turn(role: $0.role, text: $0.text) }
            inputs.append(ClassifierInput(role: last.role, text: last.text, context: context))
            if inputs.count == batch { try await flush() }
        }
        try await flush()
        try file.close()
        engine.shutDown()
    }
}
