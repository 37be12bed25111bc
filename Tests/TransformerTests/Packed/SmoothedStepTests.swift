import Testing

@testable import Transformer

struct SmoothedStepTests {
    /// The logits after a short text.
    private func logits(_ model: PackedModel, _ tokens: [Int32]) throws -> [Float] {
        let pages = Pages(model, tokens: tokens.count)
        let pool = try StepRunner.makePool(model, threads: 1)
        let runner = StepRunner(model, pool: pool, maximumRows: 32)
        try runner.run([StepSegment(.whole, tokens: tokens, position: 0, pages: pages.pages, wantsLogits: true)])
        return runner.withLogits(0) { Array($0) }
    }

    /// Smoothing is folded into norms and rows; one of them left out would show here.
    @Test func smoothedOrNotTheLogitsAreThoseOfTheFloatPath() throws {
        let model = try TinyModel().model(threads: 1)
        let tokens: [Int32] = [1, 8, 41, 3, 19, 27, 27, 5]
        let session = Session(model: model, capacity: 16)
        try session.append(tokens)
        let expected = session.withLogits(at: tokens.count - 1) { Array($0) }
        let greatest = expected.map(abs).max() ?? 1
        for calibration in [[], [[1, 4, 9, 30, 22, 7, 49], [1, 3, 3, 17, 40]]] as [[[Int32]]] {
            let found = try logits(PackedModel(packing: model, calibration: calibration), tokens)
            for (a, b) in zip(found, expected) { #expect(abs(a - b) <= 0.05 * greatest) }
        }
    }
}
