import ArgumentParser
import Foundation
import GuardianModel
import TLS
import Transformer

struct ModelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "model",
        abstract: "Pack a model into one file of int8 weights, or look into such a file.",
        subcommands: [Pack.self, Inspect.self]
    )

    struct Pack: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "pack",
            abstract: "Merge, quantise and lay out a model's weights.",
            discussion: "The same inputs give the same file. It replaces an older one when it is complete."
        )

        @Option(help: "The trunk, a GGUF file of the Llama architecture with SmolLM's tokenizer.")
        var trunk = ModelPaths.trunk

        @Option(help: "The folder with the heads, the adapter and the templates; without it the trunk is packed alone.")
        var guardian: String?

        @Option(help: "The file to write.")
        var out: String

        @Option(help: "Compute threads.")
        var threads = ModelThreads.standard

        func run() async throws {
            try await reportingErrors {
                let writer: PackedModelWriter
                let digest = { (path: String) in try Digest.sha256Hex(ofFile: path) }
                if let guardian {
                    writer = try PackedModelWriter(
                        GuardianSource(trunk: trunk, folder: guardian, threads: threads.count, digest: digest)
                    )
                } else {
                    writer = try PackedModelWriter(trunk: trunk, threads: threads.count, digest: digest)
                }
                try writer.write(to: out, digest: { try Digest.sha256Hex(of: $0) })
            }
        }
    }

    struct Inspect: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "inspect",
            abstract: "Check a packed model file, and say what is in it."
        )

        @Argument(help: "The packed file.")
        var file: String

        @Flag(help: "Print an object.")
        var json = false

        func run() async throws {
            try await reportingErrors {
                let packed = try PackedModelFile(path: file, digest: { try Digest.sha256Hex(of: $0) })
                let report = Report(packed)
                guard json else {
                    try output(report.text)
                    return
                }
                try output(jsonText(report, .prettyPrinted, keys: .convertToSnakeCase))
            }
        }

        private struct Report: Encodable {
            var file: String
            var bytes: Int
            var sha256: String
            var configuration: LlamaConfiguration
            /// Layers below the early read-out.
            var exitDepth: Int
            var inputs: [PackedInput]
            var attachments: [String]

            init(_ packed: PackedModelFile) {
                file = packed.path
                bytes = packed.byteCount
                sha256 = packed.digest
                configuration = packed.model.configuration
                exitDepth = packed.model.exitDepth
                inputs = packed.inputs
                attachments = packed.attachmentNames
            }

            var text: String {
                let sizes = configuration
                let depth = exitDepth < sizes.layers ? ", read out after \(exitDepth)" : ""
                let lines = [
                    "\(file): valid, \(bytes) bytes, SHA-256 \(sha256)",
                    "  layers: \(sizes.layers)\(depth); width \(sizes.width), feed-forward \(sizes.feedForwardWidth)",
                    "  heads: \(sizes.heads), with \(sizes.kvHeads) for keys and values",
                    "  vocabulary: \(sizes.vocabulary); context: \(sizes.contextLength) tokens",
                    "  attached: \(attachments.isEmpty ? "nothing" : attachments.joined(separator: ", "))",
                    "  made from:",
                ]
                return (lines + inputs.map { "    \($0.name) SHA-256 \($0.sha256)" }).joined(separator: "\n")
            }
        }
    }
}
