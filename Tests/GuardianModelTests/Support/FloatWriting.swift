import Transformer

@testable import GuardianModel

/// Writes with the float path of the model as its makers left it: what the packed one is held to.
struct FloatWriting {
    private let source: GuardianSource
    private let session: Session

    init(_ source: GuardianSource) {
        self.source = source
        session = Session(model: source.trunk, capacity: 1024)
    }

    /// The tokens that the float path writes behind a prompt.
    func continuation(
        _ prompt: (read: [Int32], task: [Int32]),
        _ sampling: SamplingOptions,
        _ limits: GenerationLimits
    ) throws -> [Int32] {
        session.reset(depth: source.parts.detection.layer + 1)
        try session.append(prompt.read, adapter: source.adapter)
        try session.deepen(adapter: source.adapter)
        try session.append(prompt.task, adapter: source.adapter)
        var generation = Generation(session, adapter: source.adapter, sampling: sampling, limits: limits)
        var tokens: [Int32] = []
        while let token = try generation.next() { tokens.append(token) }
        return tokens
    }
}
