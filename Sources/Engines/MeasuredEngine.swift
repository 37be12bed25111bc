package import GuardCore

/// An engine whose calls are counted: what came of each, and how long it took.
package struct MeasuredEngine: SafetyClassifier {
    private let engine: any SafetyClassifier
    private let onCall: @Sendable (EngineFailure?, Duration) -> Void

    /// - Parameter onCall: told of each call when it has ended, with the failure if it failed; not of one that was
    ///   called off.
    package init(
        _ engine: any SafetyClassifier,
        onCall: @escaping @Sendable (EngineFailure?, Duration) -> Void
    ) {
        self.engine = engine
        self.onCall = onCall
    }

    package var readsContext: Bool { engine.readsContext }

    package func categories(of role: Role) -> Set<HarmCategory> { engine.categories(of: role) }

    package func classify(
        _ texts: [ClassifierInput],
        deadline: ContinuousClock.Instant?
    ) async throws -> [Assessment] {
        let start = ContinuousClock.now
        do {
            let assessments: [Assessment]
            if let remote = engine as? RemoteEngine {
                // Its own failures say more than those of any classifier.
                assessments = try await remote.assess(texts, deadline: deadline)
            } else {
                assessments = try await engine.classify(texts, deadline: deadline)
            }
            onCall(nil, start.duration(to: .now))
            return assessments
        } catch {
            let failure = EngineFailure(error)
            // One that nobody waits for any more was called off, and has not failed.
            if !Task.isCancelled { onCall(failure, start.duration(to: .now)) }
            throw failure.classifierError
        }
    }
}
