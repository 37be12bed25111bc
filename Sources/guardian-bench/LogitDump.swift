import ArgumentParser
import Foundation
import Transformer

/// Logits and greedy continuations, for `Tests/Reference/check_logits.py`.
struct LogitDump: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dump-logits",
        abstract: "Reads token ids a line; writes the logits after each prompt and prints its greedy continuation."
    )

    @OptionGroup var file: ModelOption

    @Option(help: "File for the logits: float32, little-endian, one vocabulary's worth a prompt.")
    var out: String

    @Option(help: "Tokens to continue each prompt by.")
    var greedy = 64

    @Option(help: "Read each prompt in pieces of this many tokens; 0 reads it whole.")
    var piece = 0

    @Option(help: "Instruction set level: generic, avx2, avx512, amx; the machine's best if left out.")
    var level: String?

    func run() throws {
        let model = try LlamaModel(
            contentsOf: file.model,
            threads: file.threads,
            level: KernelLevel.choice(level)
        )
        let session = Session(model: model, capacity: 2048)
        var logits = Data()
        while let line = readLine() {
            let ids = line.split(separator: " ").compactMap { Int32($0) }
            session.reset()
            let step = piece > 0 ? piece : max(1, ids.count)
            for start in stride(from: 0, to: ids.count, by: step) {
                try session.append(Array(ids[start..<min(start + step, ids.count)]))
            }
            session.withLogits(at: session.count - 1) { logits.append(Data(buffer: UnsafeBufferPointer($0))) }
            var generation = Generation(session, limits: GenerationLimits(maxTokens: greedy, stopTokens: []))
            var continuation: [String] = []
            while let token = try generation.next() { continuation.append(String(token)) }
            print(continuation.joined(separator: " "))
        }
        try logits.write(to: URL(fileURLWithPath: out))
    }
}
