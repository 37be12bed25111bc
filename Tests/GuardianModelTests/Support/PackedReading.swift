import Testing
import Transformer

/// One sequence through all layers of a packed model, step by step, without a scheduler.
final class PackedReading {
    private let runner: StepRunner
    private let pages: [UnsafeMutableRawPointer]
    private var count = 0

    init(_ model: PackedModel, capacity: Int) throws {
        let pool = try StepRunner.makePool(model, threads: 2)
        runner = StepRunner(model, pool: pool)
        let bytes = runner.layout.byteCount
        pages = (0..<PageLayout.pages(for: capacity)).map { _ in
            .allocate(byteCount: bytes, alignment: PageLayout.alignment)
        }
    }

    deinit { for page in pages { page.deallocate() } }

    /// The logits that follow some tokens more, one per token of the vocabulary.
    func logits(after tokens: [Int32]) throws -> [Float] {
        let end = count + tokens.count
        let held = Array(pages.prefix(PageLayout.pages(for: end)))
        try runner.run([StepSegment(.whole, tokens: tokens, position: count, pages: held, wantsLogits: true)])
        count = end
        return runner.withLogits(0) { Array($0) }
    }
}
