package import GuardCore
import Synchronization
import Tokenizer
package import Transformer

/// Runs the guardian model for many callers at once: texts are judged together, and judged while responses are written.
package final class GuardianEngine: SafetyClassifier, SafeguardWriter {
    private let model: GuardianModel
    private let longContexts = LongContexts()
    private let scheduler: InferenceScheduler
    /// Tokens of a request to the scheduler. A longer text is several, one after the other: it is held to the queue's bounds
    /// piece by piece, and ends with its caller.
    private static let groupTokens = 8192

    /// Starts the model's threads.
    ///
    /// - Parameters:
    ///   - threads: threads that compute.
    ///   - capacity: requests under way, waiting or computing; one more is told `overloaded`.
    ///   - longTexts: requests that may be under way at once however long their texts are. They leave room for those of one window.
    ///   - pageBytes: memory for what is being computed and what is kept of texts that were read.
    /// - Throws: `GuardianModelError.modelFile` if the threads or the memory cannot be had.
    package init(
        _ model: GuardianModel,
        threads: Int,
        capacity: Int,
        longTexts: Int = 8,
        pageBytes: Int = SchedulerLimits().pageBytes
    ) throws(GuardianModelError) {
        self.model = model
        let window = model.detection.windowTokens + 64
        let limits = SchedulerLimits(
            requests: capacity,
            // As many windows as requests, and never less than the long texts.
            tokens: max(longTexts * Self.groupTokens, capacity * window),
            // A text of one window, behind what is read of its context.
            shortTokens: window + Detection(model: model).mostContextTokens,
            pageBytes: pageBytes
        )
        do throws(ModelFileError) {
            scheduler = try InferenceScheduler(model.packed, name: "guardian-slm", threads: threads, limits: limits)
        } catch {
            throw .modelFile(error)
        }
    }

    /// Lower-case hexadecimal SHA-256 of the model's file.
    package var digest: String { model.digest }

    /// Requests that wait for the model.
    package var waiting: Int { scheduler.statistics.waiting }

    /// What the model is doing and has done.
    package var statistics: SchedulerStatistics { scheduler.statistics }

    /// Ends the model's threads; whatever is under way fails.
    package func shutDown() { scheduler.shutDown() }

    package var readsContext: Bool { (model.detection.contextTokens ?? 0) > 0 }

    package func classify(
        _ texts: [ClassifierInput],
        deadline: ContinuousClock.Instant?
    ) async throws -> [Assessment] {
        do {
            return try await assess(texts, deadline: deadline)
        } catch let error as SchedulerError {
            switch error {
            case .overloaded: throw ClassifierError.overloaded
            case .deadlineExceeded: throw ClassifierError.deadlineExceeded
            case .shutDown: throw ClassifierError.failed("the engine is shut down")
            case .tooLong, .emptyRequest: throw ClassifierError.failed("\(error)")
            }
        } catch let error as SessionError {
            throw ClassifierError.failed("\(error)")
        }
    }

    package func respond(
        to request: SafeguardRequest,
        deadline: ContinuousClock.Instant?
    ) async -> SafeguardResponse {
        if let deadline, deadline <= .now { return fallback(request.category, "not_asked") }
        do {
            return try await write(request, deadline: deadline)
        } catch SchedulerError.overloaded {
            return fallback(request.category, "overloaded")
        } catch SchedulerError.deadlineExceeded {
            return fallback(request.category, "deadline")
        } catch is CancellationError {
            return fallback(request.category, "cancelled")
        } catch {
            return fallback(request.category, "failed")
        }
    }

    // MARK: Judging

    /// A text's score is the worst of its windows; the windows of all texts are read together.
    private func assess(_ texts: [ClassifierInput], deadline: ContinuousClock.Instant?) async throws -> [Assessment] {
        let detection = Detection(model: model, longContexts: longContexts)
        var assessments = [Assessment](repeating: .none, count: texts.count)
        var group: [(text: Int, sequence: ReadSequence)] = []
        var tokens = 0
        func read() async throws {
            let features = try await scheduler.read(group.map(\.sequence), deadline: deadline)
            for (window, features) in zip(group, features) {
                let score = try detection.assessment(features, tokens: window.sequence.tokens.count)
                assessments[window.text] = assessments[window.text].union(score)
            }
            (group, tokens) = ([], 0)
        }
        for (index, text) in texts.enumerated() {
            for window in detection.windows(of: text) {
                if tokens + window.tokens.count > Self.groupTokens { try await read() }
                group.append((index, window))
                tokens += window.tokens.count
            }
        }
        try await read()
        return assessments
    }

    /// What the head of each window of each text sees: pooled states as they are, not normalised. For training heads on the states
    /// of the engine that will compute them.
    ///
    /// - Returns: by text, by window, `pooling.count * width` floats.
    package func features(of texts: [ClassifierInput]) async throws -> [[[Float]]] {
        let detection = Detection(model: model, longContexts: longContexts)
        let windows = texts.map(detection.windows(of:))
        let features = try await scheduler.read(Array(windows.joined()), deadline: nil)
        var next = 0
        return windows.map { windows in
            defer { next += windows.count }
            return Array(features[next..<next + windows.count])
        }
    }

    // MARK: Writing

    private func write(
        _ request: SafeguardRequest,
        deadline: ContinuousClock.Instant?
    ) async throws -> SafeguardResponse {
        let generation = SafeguardGeneration(model: model)
        guard let prompt = generation.prompt(for: request) else { return fallback(request.category, "failed") }
        let written = Mutex<[Int32]>([])
        let outcome = try await scheduler.generate(generation.request(prompt, request.category), deadline: deadline) {
            token in
            written.withLock { $0.append(token) }
            return true
        }
        let draft = generation.draft(written.withLock { $0 }, outcome)
        if draft.hasControl {
            return fallback(request.category, SafeguardAcceptance.Failure.control.rawValue, tokens: draft.tokens)
        }
        let text: String
        do throws(SafeguardAcceptance.Failure) {
            text = try model.acceptance.accept(draft.text, category: request.category, isCapped: draft.isCapped)
        } catch {
            return fallback(request.category, error.rawValue, tokens: draft.tokens)
        }
        // The last word is the detector's: what it would stop from anybody else, this model does not say either.
        let input = ClassifierInput(role: .assistant, text: text)
        let score = try await assess([input], deadline: deadline).reduce(0) { max($0, $1.harm) }
        if score >= model.safeguard.detectorLimit ?? 0.9 {
            return fallback(request.category, "detector", tokens: draft.tokens)
        }
        return SafeguardResponse(text: text, origin: .generated, subject: draft.subject, tokens: draft.tokens)
    }

    private func fallback(_ category: HarmCategory, _ reason: String, tokens: Int = 0) -> SafeguardResponse {
        SafeguardResponse(
            text: model.fallbacks[category],
            origin: .template,
            fallbackReason: reason,
            tokens: tokens
        )
    }
}
