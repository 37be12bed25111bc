import GuardCore
import Tokenizer
import Transformer

/// Reads texts with the trunk's lower layers and scores them.
struct Detection {
    let model: GuardianSource

    /// Scores a text: the worst of its windows.
    ///
    /// - Parameter session: overwritten; afterwards it holds the last window at the detection depth.
    func assess(
        _ input: ClassifierInput,
        in session: Session,
        isCancelled: () -> Bool
    ) throws(SessionError) -> Assessment {
        guard let template = model.templates[input.role] else { return .none }
        let tokens = model.tokenizer.encode(input.text)
        let windows = TextWindows.ranges(
            count: tokens.count,
            size: model.detection.windowTokens,
            overlap: model.detection.windowOverlap
        )
        var worst = Assessment.none
        for window in windows {
            if isCancelled() { throw .cancelled }
            let logits = try logits(Array(tokens[window]), template, in: session, isCancelled: isCancelled)
            let count = template.prefix.count + window.count + template.suffix.count
            worst = worst.union(model.head.assessment(logits, tokens: count))
        }
        return worst
    }

    /// The head's logits for one window.
    func logits(
        _ text: [Int32],
        _ template: DetectionTemplate,
        in session: Session,
        isCancelled: () -> Bool
    ) throws(SessionError) -> [Float] {
        session.reset(depth: model.detectionDepth)
        try session.append(template.prefix + text + template.suffix, isCancelled: isCancelled)
        let logits = model.head.logits(features(of: session, prefix: template.prefix.count, text: text.count))
        // A score that is no number would compare as harmless.
        guard logits.allSatisfy({ $0.isFinite }) else { throw .notFinite }
        return logits
    }

    /// The pooled states, in the manifest's order.
    func features(of session: Session, prefix: Int, text: Int) -> [Float] {
        var features: [Float] = []
        for pooling in model.detection.pooling {
            switch pooling {
            case .pred: features += session.withResidual(at: session.count - 1) { Array($0) }
            case .turn: features += session.withResidual(at: session.count - 2) { Array($0) }
            case .mean: features += mean(of: session, rows: prefix..<prefix + text)
            }
        }
        return features
    }

    private func mean(of session: Session, rows: Range<Int>) -> [Float] {
        var sums = [Double](repeating: 0, count: model.trunk.configuration.width)
        for row in rows {
            session.withResidual(at: row) { state in
                for index in sums.indices { sums[index] += Double(state[index]) }
            }
        }
        let count = Double(max(1, rows.count))
        return sums.map { Float($0 / count) }
    }
}
