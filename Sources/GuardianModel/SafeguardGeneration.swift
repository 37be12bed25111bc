import GuardCore
import Tokenizer
import Transformer

/// What a safeguard response is written behind: the sequence that was read to judge the text goes on through the upper
/// layers, where the adapter is merged in.
struct SafeguardGeneration {
    let model: GuardianModel

    /// What was written.
    struct Draft: Sendable {
        var text: String
        /// What the model took the prompt to be about.
        var subject: String
        var tokens: Int
        /// The token limit stopped it.
        var isCapped: Bool
        /// A control token was written, which is no text.
        var hasControl: Bool
    }

    /// The tokens that stand before the response: what was read to judge the text, then the task. Of a text that is longer than a window
    /// both ends are read: what is asked may stand before a document or behind it.
    func prompt(for request: SafeguardRequest) -> (read: [Int32], task: [Int32])? {
        guard let template = model.templates[.user] else { return nil }
        let limit = model.detection.windowTokens
        let text = ContextWindow.bothEnds(of: model.tokenizer.encodeEnds(request.text, count: limit), limit)
        let markers = model.detection.markers
        let task =
            (request.isForced ? [markers.harm] : []) + [markers.expl]
            + model.tokenizer.encode(" \(request.category.words)\n")
        return (template.prefix + text + template.suffix, task)
    }

    /// - Parameters:
    ///   - prompt: as `prompt` gives it.
    ///   - category: whose sentences the response is put together from.
    func request(_ prompt: (read: [Int32], task: [Int32]), _ category: HarmCategory) -> GenerationRequest {
        GenerationRequest(
            prompt.read + prompt.task,
            sampling: SamplingOptions(
                temperature: model.safeguard.temperature,
                topP: 0.9
            ),
            limits: GenerationLimits(
                maxTokens: model.safeguard.maxTokens,
                stopTokens: [ChatMarkup().endOfTurn]
            ),
            automaton: model.sentences.automaton(for: category)
        )
    }

    func draft(_ tokens: [Int32], _ outcome: GenerationOutcome) -> Draft {
        let text = model.tokenizer.decode(tokens)
        let parts = SafeguardSentences.parts(of: text)
        return Draft(
            text: parts?.response ?? text,
            subject: parts?.subject ?? "",
            tokens: tokens.count,
            isCapped: outcome.end == .length,
            hasControl: tokens.contains { model.tokenizer.controlTokens.contains($0) }
        )
    }
}
