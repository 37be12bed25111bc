import GuardCore
import Tokenizer
import Transformer

/// Writes a safeguard response: the detection sequence goes on through the upper layers, with the adapter.
struct SafeguardGeneration {
    let model: GuardianSource

    /// What was written.
    struct Draft {
        var text: String
        var tokens: Int
        /// The token limit and not the end token stopped it.
        var isCapped: Bool
        /// A control token was written, which is no text.
        var hasControl: Bool
    }

    /// The tokens that stand before the response, beside the text of the caller.
    func prompt(for request: SafeguardRequest) -> (read: [Int32], task: [Int32])? {
        guard let template = model.templates[.user] else { return nil }
        let text = model.tokenizer.encode(request.text).prefix(model.detection.windowTokens)
        let markers = model.detection.markers
        let task =
            (request.isForced ? [markers.harm] : []) + [markers.expl]
            + model.tokenizer.encode(" \(request.category.words)\n")
        return (template.prefix + text + template.suffix, task)
    }

    func write(
        _ request: SafeguardRequest,
        in session: Session,
        isCancelled: () -> Bool
    ) throws(SessionError) -> Draft {
        guard let prompt = prompt(for: request) else {
            return Draft(text: "", tokens: 0, isCapped: false, hasControl: false)
        }
        session.reset(depth: model.detectionDepth)
        try session.append(prompt.read, isCancelled: isCancelled)
        try session.deepen(adapter: model.adapter, isCancelled: isCancelled)
        try session.append(prompt.task, adapter: model.adapter, isCancelled: isCancelled)
        var generation = Generation(
            session,
            adapter: model.adapter,
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
        var tokens: [Int32] = []
        while let token = try generation.next(isCancelled: isCancelled) { tokens.append(token) }
        return Draft(
            text: model.tokenizer.decode(tokens),
            tokens: tokens.count,
            isCapped: generation.end == .length,
            hasControl: tokens.contains { model.tokenizer.controlTokens.contains($0) }
        )
    }
}
