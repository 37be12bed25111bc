import ArgumentParser
import Foundation
import GuardianModel
import Tokenizer
import Transformer

/// How fast the small language model reads and writes.
struct LanguageModelBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "slm",
        abstract: "Load time, prefill and decode speed, memory, tokenizer speed."
    )

    @OptionGroup var file: ModelOption

    @Option(help: "Samples of each figure.")
    var samples = 5

    @Flag(help: "One JSON line a figure.")
    var json = false

    func run() throws {
        var loads: [Double] = []
        for _ in 0..<max(1, samples) {
            loads.append(
                try seconds {
                    let model = try LlamaModel(contentsOf: file.model, threads: file.threads)
                    _ = try Tokenizer(model.file)
                }
            )
        }
        try report(Figure("slm.load", unit: "ms", loads.map { $0 * 1000 }))

        let model = try LlamaModel(contentsOf: file.model, threads: file.threads)
        let session = Session(model: model, capacity: 1024)
        for length in [64, 512] {
            let tokens = (0..<length).map { Int32(100 + $0 * 37 % 20_000) }
            let rates = try repeated {
                session.reset()
                return Double(length) / (try seconds { try session.append(tokens) })
            }
            try report(Figure("slm.prefill_\(length)", unit: "tokens/s", rates, higherIsBetter: true))
        }
        let rates = try repeated {
            session.reset()
            try session.append([1, 4093, 198, 28120, 2, 198])
            var generation = Generation(session, limits: GenerationLimits(maxTokens: 64, stopTokens: []))
            var count = 0
            let time = try seconds { while try generation.next() != nil { count += 1 } }
            return Double(count) / time
        }
        try report(Figure("slm.decode", unit: "tokens/s", rates, higherIsBetter: true))
        try report(Figure("slm.rss", unit: "MB", [Self.residentMegabytes()]))

        let tokenizer = try Tokenizer(model.file)
        let text = String(
            repeating: "Tokenizers split text; numbers like 2026 fall apart. Größe, 안녕하세요!\n",
            count: 4000
        )
        let speeds = try repeated { Double(text.utf8.count) / 1e6 / seconds { _ = tokenizer.encode(text) } }
        try report(Figure("slm.tokenizer", unit: "MB/s", speeds, higherIsBetter: true))
    }

    private func repeated(_ sample: () throws -> Double) throws -> [Double] {
        _ = try sample()
        return try (0..<max(1, samples)).map { _ in try sample() }
    }

    private func report(_ figure: Figure) throws { print(try figure.line(json: json)) }

    private func seconds(_ body: () throws -> Void) rethrows -> Double {
        try ContinuousClock().measure(body) / .seconds(1)
    }

    /// The resident set as the kernel counts it, shared pages of the model file included.
    private static func residentMegabytes() -> Double {
        guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") }),
            let kilobytes = line.split(whereSeparator: { !$0.isNumber }).first.flatMap({ Double($0) })
        else { return .nan }
        return kilobytes / 1024
    }
}
