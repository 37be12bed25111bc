package import GuardCore
import Transformer

/// The scores of the model as its makers left it, computed with floats: what those of the packed model are held to.
///
/// Slow, and for one caller.
package final class ReferenceDetection {
    private let detection: Detection
    private let depth: Int
    private let adapter: LowRankAdapter
    private let session: Session

    package init(_ source: GuardianSource) {
        detection = Detection(source: source)
        depth = source.parts.detection.layer + 1
        adapter = source.adapter
        session = Session(model: source.trunk, capacity: source.parts.detection.windowTokens + 64)
    }

    /// Scores a text: the worst of its windows.
    ///
    /// - Throws: `SessionError`.
    package func assess(_ input: ClassifierInput) throws -> Assessment {
        try detection.windows(of: input).reduce(.none) { worst, window in
            worst.union(try detection.assessment(features(window), tokens: window.tokens.count))
        }
    }

    /// What the taps of a sequence ask for, [taps][width].
    ///
    /// - Throws: `SessionError`.
    func features(_ sequence: ReadSequence) throws -> [Float] {
        session.reset(depth: depth)
        try session.append(sequence.tokens, adapter: adapter)
        return sequence.taps.flatMap { tap in
            switch tap {
            case .row(let row): session.withResidual(at: row) { Array($0) }
            case .mean(let rows): mean(rows)
            }
        }
    }

    private func mean(_ rows: Range<Int>) -> [Float] {
        var sums = [Double](repeating: 0, count: session.model.configuration.width)
        for row in rows {
            session.withResidual(at: row) { state in
                for index in sums.indices { sums[index] += Double(state[index]) }
            }
        }
        return sums.map { Float($0 / Double(rows.count)) }
    }
}
