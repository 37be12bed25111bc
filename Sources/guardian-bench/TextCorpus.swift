import Foundation
import GuardianModel
import Tokenizer
import Transformer

/// Texts in windows of tokens, and how well a model tells each token from those before it.
struct TextCorpus {
    private static let windowTokens = 256

    /// Each begins with a token that is not predicted: the start of a turn, as in the model's own chat markup.
    private let windows: [[Int32]]

    /// - Parameters:
    ///   - file: whose tokenizer reads the texts.
    ///   - windows: of each text, from its start.
    init(_ paths: [String], tokenizer file: PackedModelFile, windows limit: Int) throws {
        let tokenizer = try Tokenizer(file)
        var windows: [[Int32]] = []
        for path in paths {
            let tokens = tokenizer.encode(try String(contentsOfFile: path, encoding: .utf8))
            let starts = stride(from: 0, to: tokens.count, by: Self.windowTokens).prefix(limit)
            windows += starts.map {
                [ChatMarkup().startOfTurn] + tokens[$0..<min($0 + Self.windowTokens, tokens.count)]
            }
        }
        self.windows = windows
    }

    /// Tokens that are predicted.
    var tokens: Int { windows.reduce(0) { $0 + $1.count - 1 } }

    /// The mean of the tokens' -log probability in the float model.
    func loss(_ model: LlamaModel) throws -> Double {
        let session = Session(model: model, capacity: Self.windowTokens + 1)
        var sum = 0.0
        for window in windows {
            session.reset()
            try session.append(window)
            for row in 0..<window.count - 1 {
                sum += session.withLogits(at: row) { Self.loss($0, window[row + 1]) }
            }
        }
        return sum / Double(tokens)
    }

    /// The same in the packed model, all windows together, a token of each at a time.
    func loss(_ model: PackedModel, threads: Int) throws -> Double {
        var sum = 0.0
        for first in stride(from: 0, to: windows.count, by: 16) {
            sum += try loss(Array(windows[first..<min(first + 16, windows.count)]), model, threads: threads)
        }
        return sum / Double(tokens)
    }

    private func loss(_ windows: [[Int32]], _ model: PackedModel, threads: Int) throws -> Double {
        let pool = try StepRunner.makePool(model, threads: threads)
        let runner = StepRunner(model, pool: pool, maximumRows: windows.count)
        let pages = PageLayout.pages(for: Self.windowTokens + 1)
        let memory = try PageMemory(runner.layout, count: windows.count * pages)
        return try withExtendedLifetime(memory) {
            var sum = 0.0
            for position in 0..<Self.windowTokens {
                let present = windows.indices.filter { position + 1 < windows[$0].count }
                let segments = present.map { window in
                    StepSegment(
                        .whole,
                        tokens: [windows[window][position]],
                        position: position,
                        pages: (0..<pages).map { memory[window * pages + $0] },
                        wantsLogits: true
                    )
                }
                try runner.run(segments)
                for (index, window) in present.enumerated() {
                    sum += runner.withLogits(index) { Self.loss($0, windows[window][position + 1]) }
                }
            }
            return sum
        }
    }

    /// -log softmax of a token.
    private static func loss(_ logits: UnsafeMutableBufferPointer<Float>, _ token: Int32) -> Double {
        let greatest = Double(logits.max() ?? 0)
        let sum = logits.reduce(0) { $0 + exp(Double($1) - greatest) }
        return greatest + log(sum) - Double(logits[Int(token)])
    }
}
