import Synchronization
import Tokenizer
package import Transformer

/// The unmodified trunk as a chat model: what `guardian upstream` serves.
///
/// The turns of a conversation that were read for an earlier answer are not read again.
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
        /// Tokens of the prompt that had been read before.
        package var cachedTokens: Int
    }

    /// Why there is no answer.
    package enum Failure: Error, Sendable, Equatable {
        /// The conversation does not fit.
        case tooLong(tokens: Int, limit: Int)
    }

    /// What is made of the tokens as they come.
    private struct Writing {
        var decoder: StreamDecoder
        var filter: StopFilter
    }

    private let tokenizer: Tokenizer
    private let scheduler: InferenceScheduler
    private let capacity: Int

    /// What the model's own chat template says where the conversation has no system turn.
    private static let defaultSystem = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"

    /// - Parameters:
    ///   - file: a packed trunk.
    ///   - threads: threads that compute.
    ///   - contextTokens: prompt and answer together; there is memory for one conversation of this length and half as much
    ///     again, or for more that are shorter.
    ///   - queueCapacity: requests under way.
    package init(
        _ file: PackedModelFile,
        threads: Int,
        contextTokens: Int = 4096,
        queueCapacity: Int = 16
    ) throws(ModelFileError) {
        tokenizer = try Tokenizer(file)
        capacity = min(contextTokens, file.model.maximumPositions)
        let pages = PageLayout.pages(for: capacity) * 3 / 2 + 1
        scheduler = try InferenceScheduler(
            file.model,
            name: "guardian-upstream",
            threads: threads,
            limits: SchedulerLimits(
                requests: queueCapacity,
                tokens: queueCapacity * capacity,
                pageBytes: pages * PageLayout(file.model.configuration).byteCount,
                generationShare: 1
            )
        )
    }

    /// Answers a conversation, piece by piece.
    ///
    /// - Parameter onText: called with each piece as it is written, on the inference thread, and so to be brief; false ends the
    ///   answer.
    /// - Throws: `Failure`, `SchedulerError`, `SessionError`, `CancellationError`.
    package func answer(
        _ conversation: [(role: String, text: String)],
        options: Options,
        onText: @escaping @Sendable (String) -> Bool
    ) async throws -> Outcome {
        let prompt = prompt(conversation)
        guard prompt.count < capacity else { throw Failure.tooLong(tokens: prompt.count, limit: capacity) }
        let writing = Mutex(Writing(decoder: StreamDecoder(tokenizer), filter: StopFilter(options.stop)))
        let outcome = try await scheduler.generate(
            GenerationRequest(
                prompt,
                sampling: options.sampling,
                limits: GenerationLimits(
                    maxTokens: min(options.maxTokens, capacity - prompt.count + 1),
                    stopTokens: [ChatMarkup().endOfTurn, 0]
                )
            )
        ) { token in
            writing.withLock { writing in
                let text = writing.filter.append(writing.decoder.append(token))
                return (text.isEmpty || onText(text)) && !writing.filter.isStopped
            }
        }
        // A reader who had enough gets no more.
        if outcome.end != nil {
            let rest = writing.withLock { $0.filter.append($0.decoder.finish()) + $0.filter.finish() }
            if !rest.isEmpty { _ = onText(rest) }
        }
        return Outcome(
            isCut: outcome.end == .length,
            promptTokens: prompt.count,
            completionTokens: outcome.tokens,
            cachedTokens: outcome.cachedTokens
        )
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
