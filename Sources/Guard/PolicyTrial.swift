package import GuardCore
package import Policy

/// Tries a policy on texts, as an exchange would, and says where it decides otherwise than expected.
package struct PolicyTrial: Sendable {
    private let pipeline: GuardPipeline

    /// - Parameter pipeline: of the policy to try. What it would do is what counts, so shadow mode makes no difference.
    package init(_ pipeline: GuardPipeline) { self.pipeline = pipeline }

    /// What came out for one case.
    package struct Outcome: Sendable, Equatable {
        /// Nil is allow.
        package var action: Action?
        package var findings: [Finding]
        /// What was expected and did not hold, in words; empty where the case passed.
        package var failures: [String]

        package var isPassed: Bool { failures.isEmpty }

        package init(action: Action? = nil, findings: [Finding] = [], failures: [String] = []) {
            self.action = action
            self.findings = findings
            self.failures = failures
        }
    }

    /// - Throws: `ClassifierError` where the model gave no score: that is no verdict on the policy.
    package func outcome(of item: PolicyCase) async throws(ClassifierError) -> Outcome {
        let inspection = try await inspect(item.text, role: item.role, phase: item.phase)
        let decision = inspection.decision
        var failures: [String] = []
        if decision.action != item.expectation.action {
            failures.append("expected \(item.expectation.action.word), got \(decision.action.word)")
        }
        let missing = item.expectation.categories.subtracting(decision.categories).sorted()
        if !missing.isEmpty { failures.append("no finding in \(missing.map(\.rawValue).joined(separator: ", "))") }
        let matched = decision.findings.compactMap(\.ruleID)
        for id in item.expectation.rules.sorted() where !matched.contains(id) {
            failures.append("rule '\(id)' did not match")
        }
        if let expected = item.expectation.text, decision.action != .block, inspection.forwarded(item.text) != expected
        {
            failures.append("the text that is forwarded is not the one expected")
        }
        return Outcome(action: decision.action, findings: decision.findings, failures: failures)
    }

    /// What is decided about a text of a corpus.
    ///
    /// - Throws: `ClassifierError` where the model gave no score.
    package func outcome(of text: String, in corpus: BenignCorpus) async throws(ClassifierError) -> Outcome {
        try await outcome(of: text, role: corpus.role, phase: corpus.phase)
    }

    /// What is decided about a text.
    ///
    /// - Throws: `ClassifierError` where the model gave no score.
    package func outcome(of text: String, role: Role, phase: Phase) async throws(ClassifierError) -> Outcome {
        let decision = try await inspect(text, role: role, phase: phase).decision
        return Outcome(action: decision.action, findings: decision.findings)
    }

    private func inspect(_ text: String, role: Role, phase: Phase) async throws(ClassifierError) -> Inspection {
        let segment = TextSegment(path: "", role: role, turn: 0, text: text)
        let inspection = await pipeline.inspect([segment], phase: phase, deadline: nil)
        if let failure = inspection.failure { throw failure }
        return inspection
    }
}

extension Inspection {
    /// What becomes of the one text, edits made even in shadow mode.
    fileprivate func forwarded(_ text: String) -> String {
        guard let segment = segments.first else { return text }
        var enforced = self
        enforced.decision.isShadow = false
        return enforced.edits.replacements[segment.path] ?? text
    }
}

extension Action? {
    /// As callers see it: `allow` where nothing is done.
    package var word: String { self?.rawValue ?? "allow" }
}

extension Finding {
    /// The rule that made it, if one did.
    package var ruleID: String? {
        guard case .rule(let id, _) = source else { return nil }
        return id
    }

    /// The finding in a few words, without any of the text.
    package var reason: String {
        switch source {
        case .model(let score, let threshold):
            "\(category.rawValue) \(score.thousandths) from \(threshold) on: \(action.rawValue)"
        case .rule(let id, _): "rule \(id): \(action.rawValue)"
        case .failure: "\(category.rawValue) not judged: \(action.rawValue)"
        }
    }
}

extension Double {
    /// Three digits after the point.
    package var thousandths: Double { (self * 1000).rounded() / 1000 }
}
