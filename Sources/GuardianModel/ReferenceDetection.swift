package import GuardCore
import Tokenizer
import Transformer

/// The scores of the model as its makers left it, computed with floats: what those of the packed model are held to.
///
/// Slow, and for one caller.
package final class ReferenceDetection {
    private let source: GuardianSource
    private let session: Session

    package init(_ source: GuardianSource) {
        self.source = source
        session = Session(model: source.trunk, capacity: source.parts.detection.windowTokens + 64)
    }

    /// Scores a text: the worst of its windows.
    ///
    /// - Throws: `SessionError`.
    package func assess(_ input: ClassifierInput) throws -> Assessment {
        guard let template = source.parts.templates[input.role] else { return .none }
        let (manifest, head) = (source.parts.detection, source.parts.head)
        let tokens = source.tokenizer.encode(input.text)
        var worst = Assessment.none
        for window in TextWindows.ranges(
            count: tokens.count,
            size: manifest.windowTokens,
            overlap: manifest.windowOverlap
        ) {
            session.reset(depth: manifest.layer + 1)
            try session.append(template.prefix + tokens[window] + template.suffix)
            let text = template.prefix.count..<template.prefix.count + window.count
            let logits = head.logits(manifest.pooling.flatMap { state($0, text) })
            guard logits.allSatisfy(\.isFinite) else { throw SessionError.notFinite }
            worst = worst.union(head.assessment(logits, tokens: session.count))
        }
        return worst
    }

    private func state(_ pooling: DetectionManifest.Pooling, _ text: Range<Int>) -> [Float] {
        switch pooling {
        case .pred: session.withResidual(at: session.count - 1) { Array($0) }
        case .turn: session.withResidual(at: session.count - 2) { Array($0) }
        case .mean: mean(text)
        }
    }

    private func mean(_ rows: Range<Int>) -> [Float] {
        var sums = [Double](repeating: 0, count: source.trunk.configuration.width)
        for row in rows {
            session.withResidual(at: row) { state in
                for index in sums.indices { sums[index] += Double(state[index]) }
            }
        }
        return sums.map { Float($0 / Double(max(1, rows.count))) }
    }
}
