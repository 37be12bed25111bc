/// How far a caller has come within a limit.
package struct RateStatus: Sendable, Equatable {
    package enum Kind: String, Sendable {
        case requests, tokens
    }

    package var kind: Kind
    /// Per minute.
    package var limit: Int
    package var remaining: Int
    /// How long until nothing counts against the limit any more.
    package var reset: Duration

    package init(kind: Kind, limit: Int, remaining: Int, reset: Duration) {
        self.kind = kind
        self.limit = limit
        self.remaining = remaining
        self.reset = reset
    }
}

extension ErrorForm {
    /// The header fields by which the API tells its callers how far they have come; none where it has none.
    ///
    /// - Parameter now: seconds since 1970.
    package func fields(of statuses: [RateStatus], now: Int) -> [(name: String, value: String)] {
        statuses.flatMap { status -> [(String, String)] in
            let kind = status.kind.rawValue
            switch self {
            case .openAI:
                return [
                    ("x-ratelimit-limit-\(kind)", "\(status.limit)"),
                    ("x-ratelimit-remaining-\(kind)", "\(status.remaining)"),
                    ("x-ratelimit-reset-\(kind)", Self.text(status.reset)),
                ]
            case .anthropic:
                return [
                    ("anthropic-ratelimit-\(kind)-limit", "\(status.limit)"),
                    ("anthropic-ratelimit-\(kind)-remaining", "\(status.remaining)"),
                    ("anthropic-ratelimit-\(kind)-reset", Timestamp.text(now + Self.seconds(status.reset))),
                ]
            case .ollama, .gemini: return []
            }
        }
    }

    /// Whole seconds, up.
    package static func seconds(_ duration: Duration) -> Int {
        let (seconds, attoseconds) = duration.components
        return Int(seconds) + (attoseconds > 0 ? 1 : 0)
    }

    /// As Go writes durations, which is what OpenAI sends: `120ms`, `8s`, `6m0s`.
    static func text(_ duration: Duration) -> String {
        if duration < .seconds(1) { return "\(Int((duration / .milliseconds(1)).rounded(.up)))ms" }
        let seconds = seconds(duration)
        return seconds < 60 ? "\(seconds)s" : "\(seconds / 60)m\(seconds % 60)s"
    }
}

extension ChatAPIError {
    /// What a caller is told who has asked too often, or for too much.
    package static func rateLimited(_ status: RateStatus, wait: Duration) -> ChatAPIError {
        let seconds = max(1, ErrorForm.seconds(wait))
        var error = ChatAPIError(
            status: 429,
            message:
                "Rate limit reached for \(status.kind.rawValue): \(status.limit) a minute. Please try again in \(seconds)s.",
            type: status.kind.rawValue,
            code: "rate_limit_exceeded"
        )
        error.retryAfter = seconds
        return error
    }
}
