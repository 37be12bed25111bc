/// What ends a generation.
package struct GenerationLimits: Sendable, Hashable {
    /// Tokens that are generated at most.
    package var maxTokens: Int
    /// Tokens that end the text; they are not part of it.
    package var stopTokens: Set<Int32>

    package init(maxTokens: Int, stopTokens: Set<Int32>) {
        self.maxTokens = maxTokens
        self.stopTokens = stopTokens
    }
}

/// Continues a session token by token.
///
/// A step costs one token's forward pass, so whoever drives it can stop at any token.
package struct Generation {
    /// Why there are no more tokens.
    package enum End: String, Sendable, Hashable {
        /// A stop token came.
        case stop
        /// The limit of tokens, or the session's capacity, was reached.
        case length
    }

    private let session: Session
    private let adapter: LowRankAdapter?
    private let limits: GenerationLimits
    private var sampler: Sampler
    /// The token that was returned last and is not yet in the session.
    private var pending: Int32?
    private var generated = 0

    /// Set once `next` has returned nil.
    package private(set) var end: End?

    /// - Parameters:
    ///   - session: holds the prompt, at full depth.
    ///   - adapter: the one that the prompt was read with.
    package init(
        _ session: Session,
        adapter: LowRankAdapter? = nil,
        sampling: SamplingOptions = SamplingOptions(),
        limits: GenerationLimits
    ) {
        self.session = session
        self.adapter = adapter
        self.limits = limits
        self.sampler = Sampler(sampling)
    }

    /// The next token; nil when the text has ended.
    package mutating func next(isCancelled: () -> Bool = { false }) throws(SessionError) -> Int32? {
        guard end == nil else { return nil }
        guard generated < limits.maxTokens, session.count > 0 else { return finish(.length) }
        if let pending {
            guard session.count < session.capacity else { return finish(.length) }
            try session.append([pending], adapter: adapter, isCancelled: isCancelled)
        }
        var result: Result<Int32, SessionError> = .failure(.notFinite)
        session.withLogits(at: session.count - 1) { logits in
            do throws(SessionError) {
                result = .success(try sampler.next(logits))
            } catch {
                result = .failure(error)
            }
        }
        let token = try result.get()
        if limits.stopTokens.contains(token) { return finish(.stop) }
        pending = token
        generated += 1
        return token
    }

    private mutating func finish(_ end: End) -> Int32? {
        self.end = end
        return nil
    }
}
