/// What one look at the gateway's configuration or surroundings found.
package struct CheckResult: Sendable, Equatable, Encodable {
    package enum Verdict: String, Sendable, Encodable, Comparable {
        case ok
        /// The gateway starts, and something about it deserves a thought.
        case warning
        /// The gateway does not start, or serves nobody.
        case failure

        package static func < (left: Verdict, right: Verdict) -> Bool { left.rank < right.rank }

        private var rank: Int {
            switch self {
            case .ok: 0
            case .warning: 1
            case .failure: 2
            }
        }
    }

    /// What was looked at, as a word or two.
    package var subject: String
    package var verdict: Verdict
    package var found: String
    /// What to do about it; nil where nothing has to be done.
    package var advice: String?

    package static func ok(_ subject: String, _ found: String) -> CheckResult {
        CheckResult(subject: subject, verdict: .ok, found: found)
    }

    package static func warning(_ subject: String, _ found: String, _ advice: String?) -> CheckResult {
        CheckResult(subject: subject, verdict: .warning, found: found, advice: advice)
    }

    package static func failure(_ subject: String, _ found: String, _ advice: String? = nil) -> CheckResult {
        CheckResult(subject: subject, verdict: .failure, found: found, advice: advice)
    }
}
