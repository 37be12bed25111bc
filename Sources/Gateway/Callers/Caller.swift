/// Somebody who holds a key of this gateway.
struct Caller: Sendable, Equatable {
    /// What records call the key; the key itself is nowhere.
    var name: String
    /// Whom the key's requests are made for.
    var tenant: String?
    /// In place of the gateway's own limits.
    var limits = CallerLimits()
}

/// How much a caller may ask for.
package struct CallerLimits: Sendable, Equatable {
    /// nil is without limit.
    package var requestsPerMinute: Int?
    /// Tokens of requests and answers; nil is without limit.
    package var tokensPerMinute: Int?

    package init(requestsPerMinute: Int? = nil, tokensPerMinute: Int? = nil) {
        self.requestsPerMinute = requestsPerMinute
        self.tokensPerMinute = tokensPerMinute
    }

    var isUnlimited: Bool { requestsPerMinute == nil && tokensPerMinute == nil }

    /// These, and the others where these say nothing.
    func over(_ others: CallerLimits) -> CallerLimits {
        CallerLimits(
            requestsPerMinute: requestsPerMinute ?? others.requestsPerMinute,
            tokensPerMinute: tokensPerMinute ?? others.tokensPerMinute
        )
    }
}
