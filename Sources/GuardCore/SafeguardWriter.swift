/// What a safeguard response is to answer.
package struct SafeguardRequest: Sendable, Hashable {
    /// The category that decided.
    package var category: HarmCategory
    /// The text that was judged: the caller's query, or the query whose answer was blocked.
    package var text: String
    /// True where a rule and not the model decided: the response is forced (`<|harm|>`).
    package var isForced: Bool

    package init(category: HarmCategory, text: String, isForced: Bool) {
        self.category = category
        self.text = text
        self.isForced = isForced
    }
}

/// A safeguard response that passed the checks, ready to be sent.
package struct SafeguardResponse: Sendable, Hashable {
    /// Where the words came from.
    package enum Origin: String, Sendable, Hashable {
        /// Written by the model.
        case generated
        /// The category's template: the model's text failed a check, or none was to be had in time.
        case template
    }

    package var text: String
    package var origin: Origin
    /// Why the template was used, as a fixed word for logs and metrics; nil for generated text.
    package var fallbackReason: String?
    /// What the model took the prompt to be about; nil for a template.
    package var subject: String?
    /// Tokens the model wrote, whether used or not.
    package var tokens: Int

    package init(
        text: String,
        origin: Origin,
        fallbackReason: String? = nil,
        subject: String? = nil,
        tokens: Int = 0
    ) {
        self.text = text
        self.origin = origin
        self.fallbackReason = fallbackReason
        self.subject = subject
        self.tokens = tokens
    }
}

/// Writes the response that a caller gets in place of an answer.
package protocol SafeguardWriter: Sendable {
    /// Never fails: when no generated text passes the checks before the deadline, the category's template is returned.
    func respond(to request: SafeguardRequest, deadline: ContinuousClock.Instant?) async -> SafeguardResponse
}
