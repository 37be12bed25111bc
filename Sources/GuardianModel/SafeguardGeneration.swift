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
        var tokens: Int
        /// The token limit and not the end token stopped it.
        var isCapped: Bool
        /// A control token was written, which is no text.
        var hasControl: Bool
    }

    /// The tokens that stand before the response, beside the text of the caller: what was read to judge the text, then the
    /// task.
    func prompt(for request: SafeguardRequest) -> (read: [Int32], task: [Int32])? {
        guard let template = model.templates[.user] else { return nil }
        let text = model.tokenizer.encode(request.text).prefix(model.detection.windowTokens)
        let markers = model.detection.markers
        let task =
            (request.isForced ? [markers.harm] : []) + [markers.expl]
            + model.tokenizer.encode(" \(request.category.words)\n")
        return (template.prefix + text + template.suffix, task)
    }

    /// - Parameter prompt: as `prompt` gives it.
    func request(_ prompt: (read: [Int32], task: [Int32])) -> GenerationRequest {
        GenerationRequest(
            prompt.read + prompt.task,
            sampling: SamplingOptions(
                temperature: model.safeguard.temperature,
                topP: 0.9,
                repetitionPenalty: model.safeguard.repetitionPenalty ?? 1
            ),
            limits: GenerationLimits(
                maxTokens: model.safeguard.maxTokens,
                stopTokens: [ChatMarkup().endOfTurn]
            )
        )
    }

    func draft(_ tokens: [Int32], _ outcome: GenerationOutcome) -> Draft {
        Draft(
            text: model.tokenizer.decode(tokens),
            tokens: tokens.count,
            isCapped: outcome.end == .length,
            hasControl: tokens.contains { model.tokenizer.controlTokens.contains($0) }
        )
    }
}
