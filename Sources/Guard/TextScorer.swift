package import GuardCore
import Rules

/// Scores single texts as the pipeline does: in every reading that differs, the worst of them.
package struct TextScorer: Sendable {
    private let classifier: any SafetyClassifier

    package init(_ classifier: any SafetyClassifier) { self.classifier = classifier }

    /// - Parameter query: what the text answers, if it is a reply.
    /// - Throws: `ClassifierError`.
    package func assessment(of text: String, role: Role, query: String? = nil) async throws -> Assessment {
        let context = query.map { [ClassifierInput.Turn(role: .user, text: $0)] } ?? []
        let inputs = TextViews(text).modelViews.map { ClassifierInput(role: role, text: $0, context: context) }
        return try await classifier.classify(inputs, deadline: nil).reduce(.none) { $0.union($1) }
    }
}
