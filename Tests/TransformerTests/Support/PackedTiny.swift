import Testing

@testable import Transformer

/// The tiny model, packed, with an early read-out after two of its three layers; and what it gives one sequence at a time.
struct PackedTiny {
    static let model: Result<PackedModel, any Error> = Result {
        try PackedModel(packing: TinyModel(.f32).model(), exitDepth: 2)
    }

    let model: PackedModel
    let pageBytes: Int

    init() throws {
        model = try Self.model.get()
        pageBytes = PageLayout(model.configuration).byteCount
    }

    func scheduler(pages: Int = 64, _ change: (inout SchedulerLimits) -> Void = { _ in }) throws -> InferenceScheduler {
        var limits = SchedulerLimits(pageBytes: pages * pageBytes)
        change(&limits)
        return try InferenceScheduler(model, name: "test", threads: 1, limits: limits)
    }

    /// The states after the lower layers, [tokens][width], read in one piece by a runner of their own.
    func states(_ tokens: [Int32]) throws -> [[Float]] {
        try withRunner(tokens.count) { runner, pages in
            try runner.run([StepSegment(.lower, tokens: tokens, position: 0, pages: pages)])
            return tokens.indices.map { row in
                let (page, slot) = row.quotientAndRemainder(dividingBy: PageLayout.tokens)
                let state = runner.layout.residual(pages[page], row: slot)
                return Array(UnsafeBufferPointer(start: state, count: model.configuration.width))
            }
        }
    }

    /// The tokens that follow a prompt, one step a choice.
    func continuation(
        _ prompt: [Int32],
        _ sampling: SamplingOptions,
        count: Int,
        automaton: TokenAutomaton? = nil
    ) throws -> [Int32] {
        try withRunner(prompt.count + count) { runner, pages in
            let limits = GenerationLimits(maxTokens: count, stopTokens: [])
            var choice = TokenChoice(
                GenerationRequest(prompt, sampling: sampling, limits: limits, automaton: automaton)
            )
            var next = prompt
            var position = 0
            var tokens: [Int32] = []
            while true {
                let held = pages.prefix(PageLayout.pages(for: position + next.count))
                try runner.run([
                    StepSegment(.whole, tokens: next, position: position, pages: Array(held), wantsLogits: true)
                ])
                position += next.count
                let continuation = try runner.withLogits(0) { try choice.next($0) }
                tokens += continuation.tokens
                if continuation.end != nil { return tokens }
                next = continuation.tokens
            }
        }
    }

    private func withRunner<Result>(
        _ tokens: Int,
        _ body: (StepRunner, [UnsafeMutableRawPointer]) throws -> Result
    ) throws -> Result {
        let pool = try StepRunner.makePool(model, threads: 1)
        let memory = try PageMemory(PageLayout(model.configuration), byteBudget: pageBytes * 32)
        let pages = (0..<PageLayout.pages(for: tokens)).map { memory[$0] }
        return try withExtendedLifetime(memory) {
            try body(StepRunner(model, pool: pool, maximumRows: 256), pages)
        }
    }
}
