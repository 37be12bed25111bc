package import GuardCore
package import Policy
import Rules

/// Why one text gets the decision that it gets: how it was read, what matched in which reading, what the model made of each, and
/// what of that counted.
package struct TextExplanation: Sendable {
    /// One reading of the text.
    package struct Reading: Sendable, Equatable {
        /// `raw`, `canonical`, `squeezed`, or what it was hidden by, the outermost encoding first: `base64 > rot13`.
        package var name: String
        package var text: String
        /// Ids of the policy's rules that match in it, in the order of the file.
        package var rules: [String]
    }

    /// One text that the model read.
    package struct Scored: Sendable, Equatable {
        package var text: String
        package var assessment: Assessment
    }

    /// The policy that decided, with the overrides of the request put in.
    package var policy: Policy
    package var inspection: Inspection
    /// The text itself first.
    package var readings: [Reading]
    /// Empty where the model was not asked, or failed.
    package var scored: [Scored]
    /// In the order of the decision's findings, those that do not count among them.
    package var findings: [ConsideredFinding]

    /// Whether the policy reads such a text at all: in this phase, of this role.
    package var isInspected: Bool { !inspection.segments.isEmpty }

    /// The text that goes on in place of the one judged, where the decision is a rewrite that edits it; shadow mode or not.
    package var rewritten: String? {
        var enforced = inspection
        enforced.decision.isShadow = false
        return enforced.edits.replacements[""]
    }

    /// System messages that a rewrite puts before the conversation.
    package var steering: [String] {
        var enforced = inspection
        enforced.decision.isShadow = false
        return enforced.edits.steering
    }
}

extension GuardPipeline {
    /// Decides about one text as `inspect` does, and says why.
    ///
    /// - Parameters:
    ///   - text: of which `role` is the speaker.
    ///   - context: what was said before, for a classifier that reads it.
    /// - Throws: `ClassifierError` where the model gave no score.
    package func explain(
        _ text: String,
        role: Role,
        phase: Phase,
        context: [ClassifierInput.Turn] = []
    ) async throws(ClassifierError) -> TextExplanation {
        let segment = TextSegment(path: "", role: role, turn: 0, text: text)
        let inspection = await inspect([segment], phase: phase, context: context, deadline: nil)
        if let failure = inspection.failure { throw failure }
        let views = TextViews(text)
        let matched = rules.rulesByView(of: views, role: role, phase: phase)
        let known = Set(policy.rules.map(\.id))
        var explanation = TextExplanation(
            policy: policy,
            inspection: inspection,
            readings: zip(views.views, matched).map { view, ids in
                .init(name: view.name, text: view.text, rules: ids.filter(known.contains))
            },
            scored: [],
            findings: []
        )
        guard explanation.isInspected else { return explanation }
        if usesModel(in: phase) {
            let said = phase == .output && classifier.readsContext ? context : []
            let inputs = views.modelViews.map { ClassifierInput(role: role, text: $0, context: said) }
            let assessments: [Assessment]
            do {
                assessments = try await classifier.classify(inputs, deadline: nil)
            } catch let error as ClassifierError {
                throw error
            } catch {
                throw .failed(String(describing: type(of: error)))
            }
            explanation.scored = zip(inputs, assessments).map { .init(text: $0.text, assessment: $1) }
        }
        explanation.findings = policy.findingsConsidered(
            phase: phase,
            segments: inspection.segments,
            assessments: inspection.assessments,
            matches: rules.matches(in: inspection.segments, views: [views], phase: phase)
        )
        return explanation
    }
}

extension TextView {
    /// What kind of reading it is, in a word or the names of its encodings.
    fileprivate var name: String {
        let kind =
            switch kind {
            case .raw: "raw"
            case .canonical: "canonical"
            case .squeezed: "squeezed"
            }
        guard !encodings.isEmpty else { return kind }
        let hidden = encodings.map(\.rawValue).joined(separator: " > ")
        return self.kind == .raw ? hidden : "\(hidden), \(kind)"
    }
}
