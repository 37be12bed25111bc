import Transformer

@testable import GuardianModel

/// The float path of the model as its makers left it: what the packed one is held to.
struct FloatReading {
    let source: GuardianSource
    let session: Session
    private let depth: Int

    init(_ source: GuardianSource) {
        self.source = source
        depth = source.parts.detection.layer + 1
        session = Session(model: source.trunk, capacity: 1024)
    }

    /// What the taps of a sequence ask for, [taps][width].
    func features(_ sequence: ReadSequence) throws -> [Float] {
        session.reset(depth: depth)
        try session.append(sequence.tokens)
        return sequence.taps.flatMap { tap in
            switch tap {
            case .row(let row): session.withResidual(at: row) { Array($0) }
            case .mean(let rows): mean(rows)
            }
        }
    }

    /// The tokens that the float path writes behind a prompt.
    func continuation(
        _ prompt: (read: [Int32], task: [Int32]),
        _ sampling: SamplingOptions,
        _ limits: GenerationLimits
    ) throws -> [Int32] {
        session.reset(depth: depth)
        try session.append(prompt.read)
        try session.deepen(adapter: source.adapter)
        try session.append(prompt.task, adapter: source.adapter)
        var generation = Generation(session, adapter: source.adapter, sampling: sampling, limits: limits)
        var tokens: [Int32] = []
        while let token = try generation.next() { tokens.append(token) }
        return tokens
    }

    private func mean(_ rows: Range<Int>) -> [Float] {
        var sums = [Double](repeating: 0, count: source.trunk.configuration.width)
        for row in rows {
            session.withResidual(at: row) { state in
                for index in sums.indices { sums[index] += Double(state[index]) }
            }
        }
        return sums.map { Float($0 / Double(rows.count)) }
    }
}
