import Foundation

/// llama.cpp's own benchmark, run beside ours.
struct Peer {
    /// A model that it computes, by its quantisation.
    struct Model {
        var name: String
        var path: String
    }

    /// Tokens a second.
    struct Sample {
        var model: String
        /// `prefill_64`, `decode` and so on, as our figures are called.
        var test: String
        var rate: Double
    }

    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    private let path: String
    private let models: [Model]
    private let threads: Int

    /// - Parameters:
    ///   - path: of llama-bench.
    ///   - models: GGUF files; those made from the trunk if there are none.
    ///   - folder: for what is made.
    init(path: String, models: [String], trunk: String, folder: URL, threads: Int) throws {
        self.path = path
        self.threads = threads
        guard models.isEmpty else {
            self.models = models.map { Model(name: Self.quantisation($0), path: $0) }
            return
        }
        self.models = try Self.quantise(trunk, with: path, in: folder)
    }

    /// One sample of every model and test.
    func sample(prefill: [Int], decode: Int) throws -> [Sample] {
        var arguments = models.flatMap { ["-m", $0.path] }
        arguments += ["-p", prefill.map(String.init).joined(separator: ","), "-n", "\(decode)"]
        arguments += ["-t", "\(threads)", "-r", "1", "-o", "jsonl"]
        let lines = try ChildProcess.output(path, arguments).split(separator: "\n")
        return try lines.map { line in
            let row = try JSONDecoder().decode(Row.self, from: Data(line.utf8))
            guard let model = models.first(where: { $0.path == row.model }) else {
                throw Failure(description: "llama-bench measured \(row.model), which it was not asked for")
            }
            return Sample(
                model: model.name,
                test: row.writtenTokens > 0 ? "decode" : "prefill_\(row.promptTokens)",
                rate: row.rate
            )
        }
    }

    /// What is read of a line of llama-bench, by its names.
    private struct Row: Decodable {
        var model: String
        var promptTokens: Int
        var writtenTokens: Int
        var rate: Double

        private enum CodingKeys: String, CodingKey {
            case model = "model_filename"
            case promptTokens = "n_prompt"
            case writtenTokens = "n_gen"
            case rate = "avg_ts"
        }
    }

    /// Every quantisation that may be the fastest, by the tool that is built next to the benchmark.
    private static func quantise(_ trunk: String, with path: String, in folder: URL) throws -> [Model] {
        var models = [Model(name: quantisation(trunk), path: trunk)]
        let tool = URL(fileURLWithPath: path).deletingLastPathComponent().appendingPathComponent("llama-quantize").path
        guard FileManager.default.isExecutableFile(atPath: tool) else { return models }
        for type in ["Q8_0", "Q4_0", "F16"] {
            let file = folder.appendingPathComponent("trunk.\(type).gguf").path
            _ = try ChildProcess.output(tool, ["--allow-requantize", trunk, file, type])
            models.append(Model(name: type.lowercased(), path: file))
        }
        return models
    }

    /// `q4_1` of `SmolLM2-135M-Instruct.Q4_1.gguf`.
    private static func quantisation(_ path: String) -> String {
        let stem = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
        return stem.split { ".-".contains($0) }.last.map { $0.lowercased() } ?? stem
    }
}
