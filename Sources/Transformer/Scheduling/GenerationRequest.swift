/// A text to be continued.
package struct GenerationRequest: Sendable {
    /// What is before the text that is written.
    package var prompt: [Int32]
    package var sampling: SamplingOptions
    package var limits: GenerationLimits

    package init(
        _ prompt: [Int32],
        sampling: SamplingOptions = SamplingOptions(),
        limits: GenerationLimits
    ) {
        self.prompt = prompt
        self.sampling = sampling
        self.limits = limits
    }
}

/// How a generation went.
package struct GenerationOutcome: Sendable, Hashable {
    /// Tokens that were written and given out.
    package var tokens: Int
    /// What ended it; nil if the reader had enough.
    package var end: Generation.End?
    /// Tokens of the prompt whose lower layers the prefix cache had.
    package var cachedTokens: Int
}

/// Chooses the tokens of one generation and sees when it ends.
struct TokenChoice {
    private let limits: GenerationLimits
    private var sampler: Sampler
    private var seen: Set<Int32> = []
    private(set) var count = 0

    init(_ sampling: SamplingOptions, _ limits: GenerationLimits) {
        self.limits = limits
        sampler = Sampler(sampling)
    }

    /// Whether as many tokens were chosen as may be.
    var isFull: Bool { count >= limits.maxTokens }

    /// The next token; nil for one that ends the text.
    mutating func next(_ logits: UnsafeMutableBufferPointer<Float>) throws(SessionError) -> Int32? {
        let token = try sampler.next(logits, seen: seen)
        guard !limits.stopTokens.contains(token) else { return nil }
        seen.insert(token)
        count += 1
        return token
    }
}
