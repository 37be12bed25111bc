import GuardCore
import Tokenizer
import Transformer

/// What a text is read as, and what the states that come back say about it.
struct Detection {
    let model: GuardianModel

    /// A text's windows, each with its template around it; none for an empty text.
    func windows(of input: ClassifierInput) -> [ReadSequence] {
        guard let template = model.templates[input.role] else { return [] }
        let tokens = model.tokenizer.encode(input.text)
        return TextWindows.ranges(
            count: tokens.count,
            size: model.detection.windowTokens,
            overlap: model.detection.windowOverlap
        ).map { sequence(tokens[$0], template) }
    }

    /// A window with its template, and the states that the head pools, in the manifest's order.
    func sequence(_ text: ArraySlice<Int32>, _ template: DetectionTemplate) -> ReadSequence {
        let tokens = template.prefix + text + template.suffix
        let start = template.prefix.count
        return ReadSequence(
            tokens,
            taps: model.detection.pooling.map { pooling in
                switch pooling {
                case .pred: .row(tokens.count - 1)
                case .turn: .row(tokens.count - 2)
                case .mean: .mean(start..<start + text.count)
                }
            }
        )
    }

    /// The head's logits for the pooled states of one window.
    func logits(_ features: [Float]) throws(SessionError) -> [Float] {
        let logits = model.head.logits(features)
        // A score that is no number would compare as harmless.
        guard logits.allSatisfy({ $0.isFinite }) else { throw .notFinite }
        return logits
    }

    /// The score of one window.
    ///
    /// - Parameter tokens: that were read for it.
    func assessment(_ features: [Float], tokens: Int) throws(SessionError) -> Assessment {
        model.head.assessment(try logits(features), tokens: tokens)
    }
}
