/// Consecutive tokens of one sequence that go through layers together with others in a step.
package struct StepSegment {
    /// Which layers the tokens go through.
    package enum Stage: Sendable, Hashable {
        /// From the embedding to the exit depth; the residual stream is left in the pages.
        case lower
        /// From the residual stream in the pages, through the layers above the exit depth.
        case upper
        /// Both.
        case whole
    }

    package var stage: Stage
    /// The tokens, as ids of the vocabulary; for the upper stage only their number matters.
    package var tokens: [Int32]
    /// Of the first token in its sequence.
    package var position: Int
    /// The sequence's pages from its start on, as many as hold `position + tokens.count` tokens.
    package var pages: [UnsafeMutableRawPointer]
    /// Asks for the logits after the last token; not for the lower stage.
    package var wantsLogits: Bool
    /// The tokens whose logits are asked for; nil for those of the whole vocabulary, which are a fifth of what one token costs.
    package var candidates: [Int32]?

    package init(
        _ stage: Stage,
        tokens: [Int32],
        position: Int,
        pages: [UnsafeMutableRawPointer],
        wantsLogits: Bool = false,
        candidates: [Int32]? = nil
    ) {
        self.stage = stage
        self.tokens = tokens
        self.position = position
        self.pages = pages
        self.wantsLogits = wantsLogits
        self.candidates = candidates
    }
}
