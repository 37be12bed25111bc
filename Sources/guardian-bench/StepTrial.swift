import Transformer

/// One sequence on the packed engine, without a scheduler: what the kernels alone can do.
final class StepTrial {
    private let runner: StepRunner
    private let memory: PageMemory
    private let rows: Int

    /// - Parameters:
    ///   - rows: of a step.
    ///   - capacity: tokens of the sequence.
    init(_ model: PackedModel, pool: ComputePool, rows: Int, capacity: Int) throws {
        self.rows = rows
        runner = StepRunner(model, pool: pool, maximumRows: rows)
        memory = try PageMemory(runner.layout, count: PageLayout.pages(for: capacity))
    }

    private func pages(for tokens: Int) -> [UnsafeMutableRawPointer] {
        (0..<PageLayout.pages(for: tokens)).map { memory[$0] }
    }

    /// Reads tokens from position 0 on; through all layers, with the logits of the last one, or to the early read-out.
    func prefill(_ tokens: [Int32], stage: StepSegment.Stage = .whole) throws {
        for start in stride(from: 0, to: tokens.count, by: rows) {
            let end = min(start + rows, tokens.count)
            let segment = StepSegment(
                stage,
                tokens: Array(tokens[start..<end]),
                position: start,
                pages: pages(for: end),
                wantsLogits: stage != .lower && end == tokens.count
            )
            try runner.run([segment])
        }
    }

    /// Writes the likeliest tokens behind a prompt that was read.
    ///
    /// - Parameter candidates: tokens that are chosen among; nil for all.
    func decode(_ count: Int, behind prompt: Int, among candidates: [Int32]? = nil) throws {
        var sampler = Sampler(SamplingOptions())
        for position in prompt..<prompt + count {
            let token = try runner.withLogits(0) {
                guard let candidates else { return try Sampler.likeliest(UnsafeBufferPointer($0)) }
                return try sampler.next($0, among: candidates)
            }
            let segment = StepSegment(
                .whole,
                tokens: [token],
                position: position,
                pages: pages(for: position + 1),
                wantsLogits: true,
                candidates: candidates
            )
            try runner.run([segment])
        }
    }
}
