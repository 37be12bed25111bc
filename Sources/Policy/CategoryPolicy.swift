package import GuardCore

/// What is done about one category in one phase.
package struct CategoryPolicy: Sendable, Equatable {
    /// What holds when the model could not judge.
    package enum FailureMode: String, Sendable, CaseIterable {
        /// Forward as if the text were harmless.
        case open
        /// Act as if the threshold had been reached.
        case closed
    }

    /// The score, 0...1, from which on the action is taken (score >= threshold).
    package var threshold: Double
    package var action: Action
    package var response: ResponseStyle
    package var rewrite: RewriteMethod
    package var failureMode: FailureMode
    /// Where the action is `log`, the share of requests that it is recorded for.
    package var sample: Double
    /// Ids and tags of rules of which one has to match the same text; none if empty.
    package var requiredRules: Set<String>

    /// - Parameter failureMode: closed for a category that blocks and open otherwise, unless given.
    package init(
        threshold: Double,
        action: Action,
        response: ResponseStyle = .generated,
        rewrite: RewriteMethod = .steer(message: nil),
        failureMode: FailureMode? = nil,
        sample: Double = 1,
        requiredRules: Set<String> = []
    ) {
        self.threshold = threshold
        self.action = action
        self.response = response
        self.rewrite = rewrite
        self.failureMode = failureMode ?? (action == .block ? .closed : .open)
        self.sample = sample
        self.requiredRules = requiredRules
    }
}

/// What a caller gets in place of a blocked answer.
package enum ResponseStyle: Sendable, Equatable {
    /// The SLM writes it; the template is the safety net.
    case generated
    /// The category's template.
    case template
    /// This text.
    case fixed(String)
    /// No words of an answer: an HTTP error in the API's own shape. Where a stream has begun it ends as one that was filtered.
    case error
}

/// How a text is edited where the action is `rewrite`.
package enum RewriteMethod: Sendable, Equatable {
    /// The matched spans become this placeholder. Only a rule has spans: on a category the policy language refuses it,
    /// and a policy built in code gets the whole segment redacted.
    case redact(placeholder: String)
    /// The matched spans of a request become numbered placeholders, and what they stand for is put back where the answer holds
    /// them: `[email]` makes `[email-1]`, `[email-2]`. An answer's own spans become the label as it is. Only a rule has spans.
    case mask(label: String)
    /// A system message with the category's safety requirement is put before the conversation; nil is the built-in
    /// text of the category (`SafetyRequirement`). An answer cannot be steered any more: on output the policy language
    /// refuses it, and a policy built in code gets the text withheld.
    case steer(message: String?)
    /// The whole text of the segment becomes this.
    case replace(text: String)
}
