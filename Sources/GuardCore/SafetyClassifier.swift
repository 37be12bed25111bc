/// Scores text. The model inside the proxy is one; a remote engine is another.
package protocol SafetyClassifier: Sendable {
    /// Scores each text on its own.
    ///
    /// - Parameters:
    ///   - texts: what to read; the role is part of the input.
    ///   - deadline: when the answer is of no use any more.
    /// - Returns: one assessment per text, in order.
    /// - Throws: `ClassifierError`.
    func classify(_ texts: [ClassifierInput], deadline: ContinuousClock.Instant?) async throws -> [Assessment]
}

/// One text to score and whose words it holds.
package struct ClassifierInput: Sendable, Hashable {
    package var role: Role
    package var text: String

    package init(role: Role, text: String) {
        self.role = role
        self.text = text
    }
}

/// Why a text could not be scored. All of them are this side's fault, never the caller's.
package enum ClassifierError: Error, Sendable, Equatable {
    /// The queue in front of the model is full.
    case overloaded
    /// The deadline passed before the text was scored.
    case deadlineExceeded
    /// The engine failed; the text says how.
    case failed(String)
}
