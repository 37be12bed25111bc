import Foundation
import Testing
import Tokenizer
import Transformer

/// The trunk's tokenizer, built once for all tests.
enum Trunk {
    static let path =
        ProcessInfo.processInfo.environment["GUARDIAN_TRUNK"]
        ?? URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../../Models/.cache/SmolLM2-135M-Instruct.Q4_1.gguf").standardizedFileURL.path

    static func tokenizer() throws -> Tokenizer {
        try #require(FileManager.default.fileExists(atPath: path), "no trunk at \(path): run make model")
        return try loaded.get()
    }

    private static let loaded = Result {
        let file = try GGUFFile(path: path)
        return try Tokenizer(
            tokens: try file.strings("tokenizer.ggml.tokens"),
            controlTokens: Set(0...16),
            merges: try file.strings("tokenizer.ggml.merges")
        )
    }
}
