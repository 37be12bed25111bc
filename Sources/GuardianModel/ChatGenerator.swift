import Tokenizer
package import Transformer

/// The unmodified trunk as a chat model: what `guardian upstream` serves.
package final class ChatGenerator: Sendable {
    /// What one answer may take and how it is drawn.
    package struct Options: Sendable {
        package var maxTokens: Int
        package var sampling: SamplingOptions
        /// Texts that end the answer and are not part of it.
        package var stop: [String]

        package init(maxTokens: Int, sampling: SamplingOptions = SamplingOptions(), stop: [String] = []) {
            self.maxTokens = maxTokens
            self.sampling = sampling
            self.stop = stop
        }
    }

    /// How an answer went.
    package struct Outcome: Sendable {
        /// True if the limit of tokens ended it.
        package var isCut: Bool
        package var promptTokens: Int
        package var completionTokens: Int
    }

    /// Why there is no answer.
    package enum Failure: Error, Sendable, Equatable {
        /// The conversation does not fit.
        case tooLong(tokens: Int, limit: Int)
    }

    private let model: LlamaModel
    private let tokenizer: Tokenizer
    private let queue: InferenceQueue<Session>
    private let capacity: Int

    /// What the model's own chat template says where the conversation has no system turn.
    private static let defaultSystem = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"

    /// - Parameters:
    ///   - contextTokens: prompt and answer together.
    ///   - queueCapacity: requests that may wait.
    package init(_ model: LlamaModel, contextTokens: Int = 4096, queueCapacity: Int = 16) throws(ModelFileError) {
        self.model = model
        tokenizer = try Tokenizer(model.file)
        capacity = min(contextTokens, model.maximumPositions)
        queue = InferenceQueue(name: "guardian-upstream", capacity: queueCapacity) { [capacity] in
            Session(model: model, capacity: capacity)
        }
    }

    /// Answers a conversation, piece by piece.
    ///
    /// - Parameter onText: called on the inference thread with each piece as it is written; false ends the answer.
    /// - Throws: `Failure`, `InferenceQueueError`, `SessionError`.
    package func answer(
        _ conversation: [(role: String, text: String)],
        options: Options,
        onText: @escaping @Sendable (String) -> Bool
    ) async throws -> Outcome {
        let prompt = prompt(conversation)
        guard prompt.count < capacity else { throw Failure.tooLong(tokens: prompt.count, limit: capacity) }
        let tokenizer = tokenizer
        return try await queue.run { session, job in
            session.reset()
            try session.append(prompt, isCancelled: { job.isCancelled })
            var generation = Generation(
                session,
                sampling: options.sampling,
                limits: GenerationLimits(
                    maxTokens: options.maxTokens,
                    stopTokens: [ChatMarkup().endOfTurn, 0]
                )
            )
            var decoder = StreamDecoder(tokenizer)
            var filter = StopFilter(options.stop)
            var count = 0
            while let token = try generation.next(isCancelled: { job.isCancelled }) {
                count += 1
                let text = filter.append(decoder.append(token))
                if !text.isEmpty, !onText(text) { break }
                if filter.isStopped { break }
            }
            let rest = filter.append(decoder.finish()) + filter.finish()
            if !rest.isEmpty { _ = onText(rest) }
            return Outcome(isCut: generation.end == .length, promptTokens: prompt.count, completionTokens: count)
        }
    }

    private func prompt(_ conversation: [(role: String, text: String)]) -> [Int32] {
        let markup = ChatMarkup()
        var tokens: [Int32] = []
        if conversation.first?.role != "system" {
            tokens += markup.turn(role: "system", content: Self.defaultSystem, tokenizer)
        }
        for turn in conversation { tokens += markup.turn(role: turn.role, content: turn.text, tokenizer) }
        return tokens + markup.open(role: "assistant", tokenizer)
    }
}
