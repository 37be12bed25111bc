import GuardCore
import Tokenizer
import Transformer

/// What a text is read as, and what the states that come back say about it.
struct Detection {
    private let tokenizer: Tokenizer
    private let manifest: DetectionManifest
    private let head: DetectionHead
    private let templates: [Role: DetectionTemplate]
    private let longContexts: LongContexts

    /// - Parameter longContexts: what was read of contexts before.
    init(model: GuardianModel, longContexts: LongContexts = LongContexts()) {
        (tokenizer, manifest) = (model.tokenizer, model.detection)
        (head, templates) = (model.head, model.templates)
        self.longContexts = longContexts
    }

    init(source: GuardianSource) {
        (tokenizer, manifest) = (source.tokenizer, source.parts.detection)
        (head, templates) = (source.parts.head, source.parts.templates)
        longContexts = LongContexts()
    }

    /// A text's windows, each with its template around it; none for an empty text.
    func windows(of input: ClassifierInput) -> [ReadSequence] {
        guard let template = templates[input.role] else { return [] }
        let tokens = tokenizer.encode(input.text)
        guard !tokens.isEmpty else { return [] }
        let context = context(of: input)
        return TextWindows.ranges(
            count: tokens.count,
            size: manifest.windowTokens,
            overlap: manifest.windowOverlap
        ).map { sequence(tokens[$0], template, after: context) }
    }

    /// The turns before a text, the latest ones as far as the manifest's limit goes.
    func context(of input: ClassifierInput) -> [Int32] {
        // Of roles that the model does not know, and of what stands before them, nothing is read.
        let known = input.context.reversed().prefix { templates[$0.role] != nil }
        return longContexts.tokens(of: known.reversed(), read: tokens(of:))
    }

    /// Tokens of a context at the most: those of the turns, and the words around each.
    var mostContextTokens: Int {
        let window = ContextWindow(limit: manifest.contextTokens ?? 0)
        let words = templates.values.map { $0.prefix.count + $0.close.count }.max() ?? 0
        return window.limit + window.mostTurns * words
    }

    private func tokens(of turns: [ClassifierInput.Turn]) -> [Int32] {
        let window = ContextWindow(limit: manifest.contextTokens ?? 0)
        // A stream's pieces are read behind the query one after another, and a query may be as long as a request.
        let read = window.tokens(of: turns.map(\.text.utf8.count)) { turn in
            tokenizer.encodeEnds(turns[turn].text, count: window.limit)
        }
        return read.flatMap { turn, tokens -> [Int32] in
            guard let template = templates[turns[turn].role] else { return [] }
            return template.prefix + tokens + template.close
        }
    }

    /// A window with its template, and the states that the head pools, in the manifest's order.
    func sequence(
        _ text: ArraySlice<Int32>,
        _ template: DetectionTemplate,
        after context: [Int32] = []
    ) -> ReadSequence {
        let tokens = context + template.prefix + text + template.suffix
        let start = context.count + template.prefix.count
        return ReadSequence(
            tokens,
            taps: manifest.pooling.map { pooling in
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
        let logits = head.logits(features)
        // A score that is no number would compare as harmless.
        guard logits.allSatisfy({ $0.isFinite }) else { throw .notFinite }
        return logits
    }

    /// The score of one window.
    ///
    /// - Parameter tokens: that were read for it.
    func assessment(_ features: [Float], tokens: Int) throws(SessionError) -> Assessment {
        head.assessment(try logits(features), tokens: tokens)
    }
}
