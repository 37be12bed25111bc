@testable import GuardianModel
@testable import Transformer

/// Writes with the float path of the model as its makers left it: what the packed one is held to.
struct FloatWriting {
    private let source: GuardianSource
    private let session: Session

    init(_ source: GuardianSource) {
        self.source = source
        session = Session(model: source.trunk, capacity: 1024)
    }

    /// The tokens that the float path writes behind a prompt: the likeliest, of all or of those that an automaton allows.
    func continuation(
        _ prompt: (read: [Int32], task: [Int32]),
        limits: GenerationLimits,
        automaton: TokenAutomaton? = nil
    ) throws -> [Int32] {
        session.reset(depth: source.parts.detection.layer + 1)
        try session.append(prompt.read, adapter: source.adapter)
        try session.deepen(adapter: source.adapter)
        try session.append(prompt.task, adapter: source.adapter)
        var choice = TokenChoice(GenerationRequest([], limits: limits, automaton: automaton))
        var tokens: [Int32] = []
        while true {
            let continuation = try session.withLogits(at: session.count - 1) { try choice.next($0) }
            tokens += continuation.tokens
            if continuation.end != nil { return tokens }
            try session.append(continuation.tokens, adapter: source.adapter)
        }
    }
}
