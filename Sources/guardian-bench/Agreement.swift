import ArgumentParser
import Foundation
import GuardCore
import GuardianModel
import TLS
import Transformer

/// The packed model beside the float one, for `Tests/Reference/check_quantisation.py`.
struct Agreement: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agreement",
        abstract: "The packed model's scores and perplexity beside the float model's.",
        subcommands: [Scores.self, Perplexity.self]
    )

    struct Scores: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Reads one JSON string a line; prints [float, int8] a line, each overall harm and the categories."
        )

        @OptionGroup var packed: PackedOption

        @Option(help: "The trunk, a GGUF file.")
        var trunk = "Models/.cache/SmolLM2-135M-Instruct.Q4_1.gguf"

        @Option(help: "The folder with the heads, the adapter and the templates.")
        var guardian = "Models/guardian"

        func run() async throws {
            let source = try GuardianSource(
                trunk: trunk,
                folder: guardian,
                threads: packed.threads,
                digest: { try Digest.sha256Hex(ofFile: $0) }
            )
            let reference = ReferenceDetection(source)
            let model = try GuardianModel(contentsOf: packed.model, digest: { try Digest.sha256Hex(of: $0) })
            let engine = try GuardianEngine(model, threads: packed.threads, capacity: 1)
            while let line = readLine() {
                let text = try JSONDecoder().decode(String.self, from: Data(line.utf8))
                let input = ClassifierInput(role: .user, text: text)
                let float = try reference.assess(input)
                let int8 = try await engine.classify([input], deadline: nil)
                let pair = ([float] + int8).map { score in
                    [score.harm] + HarmCategory.allCases.map { score.categories[$0] }
                }
                print(String(decoding: try JSONEncoder().encode(pair), as: UTF8.self))
            }
            engine.shutDown()
        }
    }

    struct Perplexity: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Prints the perplexity of texts: {\"tokens\",\"float\",\"int8\"} of a trunk and its packed file."
        )

        @Option(help: "The trunk's packed model file.")
        var model = "Models/.cache/trunk.slm"

        @Option(help: "The trunk, a GGUF file.")
        var trunk = "Models/.cache/SmolLM2-135M-Instruct.Q4_1.gguf"

        @Option(help: "Compute threads.")
        var threads = 2

        @Option(help: "Windows of each text that are read, each from an empty context.")
        var windows = 16

        @Argument(help: "Text files.")
        var texts: [String]

        func run() throws {
            let file = try PackedModelFile(path: model, digest: { try Digest.sha256Hex(of: $0) })
            let corpus = try TextCorpus(texts, tokenizer: file, windows: windows)
            let float = try corpus.loss(LlamaModel(contentsOf: trunk, threads: threads))
            let int8 = try corpus.loss(file.model, threads: threads)
            let report = ["tokens": Double(corpus.tokens), "float": exp(float), "int8": exp(int8)]
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            print(String(decoding: try encoder.encode(report), as: UTF8.self))
        }
    }
}
