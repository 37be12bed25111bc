import Foundation
import Testing
import Transformer

/// The trunk's own numbers, as PyTorch computes them; written by `Tests/Reference/check_logits.py --write-golden`.
struct TrunkLogitsTests {
    private struct Golden: Decodable {
        var prompt: [Int32]
        /// Pairs of token id and logit, the greatest first.
        var top: [[Double]]
        var greedy: [Int32]
    }

    private static let path =
        ProcessInfo.processInfo.environment["GUARDIAN_TRUNK"]
        ?? URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../Models/.cache/SmolLM2-135M-Instruct.Q4_1.gguf").standardizedFileURL.path

    @Test func logitsAndContinuationsAreThoseOfTheReference() throws {
        try #require(FileManager.default.fileExists(atPath: Self.path), "no trunk at \(Self.path): run make model")
        let fixture = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Fixtures/logits-golden.json")
        let entries = try JSONDecoder().decode([Golden].self, from: Data(contentsOf: fixture))
        #expect(entries.count == 4)
        let session = Session(model: try LlamaModel(contentsOf: Self.path), capacity: 512)
        for entry in entries {
            session.reset(depth: 20)
            try session.append(entry.prompt)
            try session.deepen()
            session.withLogits(at: session.count - 1) { logits in
                for pair in entry.top { #expect(abs(Double(logits[Int(pair[0])]) - pair[1]) < 1e-3) }
            }
            let limits = GenerationLimits(maxTokens: entry.greedy.count, stopTokens: [])
            var generation = Generation(session, limits: limits)
            var tokens: [Int32] = []
            while let token = try generation.next() { tokens.append(token) }
            #expect(tokens == entry.greedy)
        }
    }
}
