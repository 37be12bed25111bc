import CKernels

/// How the next token is chosen.
package struct SamplingOptions: Sendable, Hashable {
    /// 0 is greedy: always the likeliest token.
    package var temperature: Double
    /// The smallest set of likeliest tokens whose probabilities reach this is drawn from; 1 is all of them.
    package var topP: Double
    /// The same seed, prompt and options give the same text.
    package var seed: UInt64

    package init(temperature: Double = 0, topP: Double = 1, seed: UInt64 = 0) {
        self.temperature = temperature
        self.topP = topP
        self.seed = seed
    }
}

/// Chooses tokens from logits.
package struct Sampler: Sendable {
    private let options: SamplingOptions
    private var random: SplitMix64

    package init(_ options: SamplingOptions) {
        self.options = options
        self.random = SplitMix64(seed: options.seed)
    }

    /// The next token. Of equal logits the lowest id is the likelier.
    ///
    /// - Parameters:
    ///   - logits: one per token of the vocabulary.
    /// - Throws: `SessionError.notFinite` if no logit is a number.
    package mutating func next(
        _ logits: UnsafeMutableBufferPointer<Float>
    ) throws(SessionError) -> Int32 {
        let best = try Self.likeliest(UnsafeBufferPointer(logits))
        guard options.temperature > 0 else { return best }
        return draw(UnsafeBufferPointer(logits), logits.indices.lazy.map { Int32($0) }, best: best)
    }

    /// The next token, one of some alone. Of equal logits the lowest id is the likelier.
    ///
    /// - Parameters:
    ///   - logits: one per token of the vocabulary.
    ///   - allowed: tokens of the vocabulary.
    /// - Throws: `SessionError.notFinite` if none of their logits is a number.
    package mutating func next(
        _ logits: UnsafeMutableBufferPointer<Float>,
        among allowed: [Int32]
    ) throws(SessionError) -> Int32 {
        let finite = allowed.filter { logits[Int($0)].isFinite }.sorted()
        guard
            let best = finite.max(by: {
                let (one, other) = (logits[Int($0)], logits[Int($1)])
                return one != other ? one < other : $0 > $1
            })
        else { throw .notFinite }
        guard options.temperature > 0 else { return best }
        return draw(UnsafeBufferPointer(logits), finite, best: best)
    }

    /// The id of the greatest logit.
    package static func likeliest(_ logits: UnsafeBufferPointer<Float>) throws(SessionError) -> Int32 {
        guard let base = logits.baseAddress, let count = Int32(exactly: logits.count) else { throw .notFinite }
        let best = ck_argmax(base, count)
        guard best >= 0, logits[Int(best)].isFinite else { throw .notFinite }
        return best
    }

    private mutating func draw(
        _ logits: UnsafeBufferPointer<Float>,
        _ ids: some Sequence<Int32>,
        best: Int32
    ) -> Int32 {
        let greatest = Double(logits[Int(best)])
        // Tokens e^-20 times as likely as the best cannot matter; leaving them out keeps the sort short.
        let cut = greatest - 20 * options.temperature
        var candidates: [(id: Int32, weight: Double)] = []
        for id in ids where Double(logits[Int(id)]) >= cut {
            let weight = Exponential.exp((Double(logits[Int(id)]) - greatest) / options.temperature)
            candidates.append((id, weight))
        }
        candidates.sort { $0.weight != $1.weight ? $0.weight > $1.weight : $0.id < $1.id }
        let total = candidates.reduce(0) { $0 + $1.weight }
        var kept = 0
        var mass = 0.0
        while kept < candidates.count, kept == 0 || mass < options.topP * total {
            mass += candidates[kept].weight
            kept += 1
        }
        var point = random.unit() * mass
        for candidate in candidates[..<kept] {
            point -= candidate.weight
            if point < 0 { return candidate.id }
        }
        return candidates[max(0, kept - 1)].id
    }
}
