import Transformer

/// Prompts of a length through the scheduler, so many at a time.
struct SchedulerTrial {
    static let promptTokens = 40

    private let scheduler: InferenceScheduler
    private let vocabulary: Int

    init(_ model: PackedModel, threads: Int) throws {
        vocabulary = model.configuration.vocabulary
        scheduler = try InferenceScheduler(model, name: "bench", threads: threads)
    }

    /// Prompts a second to the early read-out while `concurrent` callers each wait for one before they send the next.
    ///
    /// No two prompts begin alike, so nothing comes from the prefix cache.
    func rate(concurrent: Int, prompts: Int) async throws -> Double {
        let clock = ContinuousClock()
        let start = clock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for caller in 0..<concurrent {
                group.addTask {
                    for prompt in stride(from: caller, to: prompts, by: concurrent) { try await read(prompt) }
                }
            }
            try await group.waitForAll()
        }
        return Double(prompts) / ((clock.now - start) / .seconds(1))
    }

    private func read(_ prompt: Int) async throws {
        let tokens = (0..<Self.promptTokens).map { Int32((1 + prompt * 7919 + $0 * 104_729) % vocabulary) }
        let sequence = ReadSequence(tokens, taps: [.row(Self.promptTokens - 1)])
        _ = try await scheduler.read([sequence], sharesPrefix: false)
    }

    func shutDown() { scheduler.shutDown() }
}
