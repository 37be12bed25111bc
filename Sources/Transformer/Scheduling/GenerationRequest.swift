/// A text to be continued.
package struct GenerationRequest: Sendable {
    /// What is before the text that is written.
    package var prompt: [Int32]
    package var sampling: SamplingOptions
    package var limits: GenerationLimits
    /// What may be written; nil if anything may.
    package var automaton: TokenAutomaton?

    package init(
        _ prompt: [Int32],
        sampling: SamplingOptions = SamplingOptions(),
        limits: GenerationLimits,
        automaton: TokenAutomaton? = nil
    ) {
        self.prompt = prompt
        self.sampling = sampling
        self.limits = limits
        self.automaton = automaton
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
    /// What follows some logits.
    struct Continuation: Equatable {
        /// The token that was chosen, and those that alone could follow it; none if a token was chosen that ends the text.
        var tokens: [Int32]
        /// Whether, and why, the text ends behind them.
        var end: Generation.End?
    }

    private let limits: GenerationLimits
    private let automaton: TokenAutomaton?
    private var state = TokenAutomaton.start
    private var sampler: Sampler
    private var count = 0

    init(_ request: GenerationRequest) {
        limits = request.limits
        automaton = request.automaton
        sampler = Sampler(request.sampling)
    }

    /// The tokens of which `next` chooses one; nil for the whole vocabulary.
    var candidates: [Int32]? { automaton?.tokens(in: state) }

    /// The next tokens.
    ///
    /// - Throws: `SessionError.notFinite` if no logit of a token that may be chosen is a number.
    mutating func next(_ logits: UnsafeMutableBufferPointer<Float>) throws(SessionError) -> Continuation {
        guard let automaton else {
            let token = try sampler.next(logits)
            guard !limits.stopTokens.contains(token) else { return Continuation(tokens: [], end: .stop) }
            count += 1
            return Continuation(tokens: [token], end: count < limits.maxTokens ? nil : .length)
        }
        let allowed = automaton.tokens(in: state)
        var token = try sampler.next(logits, among: allowed)
        if state == TokenAutomaton.start, let reserve = automaton.reserve,
            Self.share(of: token, among: allowed, logits) < reserve.share
        {
            token = try sampler.next(logits, among: reserve.tokens)
        }
        var tokens: [Int32] = []
        var next = automaton.target(of: token, from: state).map { (token: token, state: $0) }
        while let reached = next, count < limits.maxTokens {
            count += 1
            tokens.append(reached.token)
            state = reached.state
            next = automaton.onlyEdge(from: state).map { ($0.token, $0.target) }
        }
        if state == TokenAutomaton.end { return Continuation(tokens: tokens, end: .stop) }
        return Continuation(tokens: tokens, end: count < limits.maxTokens ? nil : .length)
    }

    /// How likely a token is if it is one of some.
    private static func share(
        of token: Int32,
        among allowed: [Int32],
        _ logits: UnsafeMutableBufferPointer<Float>
    ) -> Double {
        let greatest = Double(logits[Int(token)])
        let finite = allowed.lazy.map { Double(logits[Int($0)]) }.filter(\.isFinite)
        return 1 / finite.reduce(0) { $0 + Exponential.exp($1 - greatest) }
    }
}
