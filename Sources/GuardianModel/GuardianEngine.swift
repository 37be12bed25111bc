package import GuardCore
import Transformer

/// Runs the guardian model for many callers: one inference thread, a bounded queue in front of it.
package final class GuardianEngine: SafetyClassifier, SafeguardWriter {
    /// What the inference thread works with.
    private struct Workbench {
        let session: Session
    }

    private let model: GuardianSource
    private let queue: InferenceQueue<Workbench>

    /// - Parameter capacity: requests that may wait; one more is told `overloaded`.
    package init(_ model: GuardianSource, capacity: Int) {
        self.model = model
        queue = InferenceQueue(name: "guardian-slm", capacity: capacity) {
            Workbench(session: Session(model: model.trunk, capacity: model.sessionCapacity))
        }
    }

    /// Requests that wait for the model.
    package var waiting: Int { queue.waiting }

    /// Ends the inference thread; whatever waits fails.
    package func shutDown() { queue.shutDown() }

    package func classify(
        _ texts: [ClassifierInput],
        deadline: ContinuousClock.Instant?
    ) async throws -> [Assessment] {
        let detection = Detection(model: model)
        do {
            return try await queue.run(deadline: deadline) { workbench, job in
                var assessments: [Assessment] = []
                for text in texts {
                    assessments.append(
                        try detection.assess(text, in: workbench.session, isCancelled: { job.isCancelled })
                    )
                }
                return assessments
            }
        } catch let error as InferenceQueueError {
            switch error {
            case .overloaded: throw ClassifierError.overloaded
            case .deadlineExceeded: throw ClassifierError.deadlineExceeded
            case .shutDown: throw ClassifierError.failed("the engine is shut down")
            }
        } catch let error as SessionError {
            throw ClassifierError.failed("\(error)")
        }
    }

    package func respond(
        to request: SafeguardRequest,
        deadline: ContinuousClock.Instant?
    ) async -> SafeguardResponse {
        let template = model.fallbacks[request.category]
        @Sendable func fallback(_ reason: String, tokens: Int = 0) -> SafeguardResponse {
            SafeguardResponse(text: template, origin: .template, fallbackReason: reason, tokens: tokens)
        }
        if let deadline, deadline <= .now { return fallback("not_asked") }
        let (model, generation, detection) = (model, SafeguardGeneration(model: model), Detection(model: model))
        do {
            return try await queue.run(deadline: deadline) { workbench, job in
                let isCancelled = { job.isCancelled }
                let draft = try generation.write(request, in: workbench.session, isCancelled: isCancelled)
                if draft.hasControl {
                    return fallback(SafeguardAcceptance.Failure.control.rawValue, tokens: draft.tokens)
                }
                let text: String
                do throws(SafeguardAcceptance.Failure) {
                    text = try model.acceptance.accept(
                        draft.text,
                        category: request.category,
                        isCapped: draft.isCapped
                    )
                } catch {
                    return fallback(error.rawValue, tokens: draft.tokens)
                }
                // The last word is the detector's: what it would stop from anybody else, this model does not say either.
                let input = ClassifierInput(role: .assistant, text: text)
                let score = try detection.assess(input, in: workbench.session, isCancelled: isCancelled).harm
                if score >= model.safeguard.detectorLimit ?? 0.9 { return fallback("detector", tokens: draft.tokens) }
                return SafeguardResponse(text: text, origin: .generated, tokens: draft.tokens)
            }
        } catch let error as InferenceQueueError {
            return fallback(error == .overloaded ? "overloaded" : "deadline")
        } catch is CancellationError {
            return fallback("cancelled")
        } catch {
            return fallback("failed")
        }
    }
}
