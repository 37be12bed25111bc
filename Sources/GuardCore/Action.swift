/// What a policy does about harm, weakest first: the strictest action wins.
package enum Action: String, CaseIterable, Sendable, Hashable, Codable, Comparable {
    /// Forward unchanged and record it.
    case log
    /// Forward, or return, an edited text.
    case rewrite
    /// Forward nothing; the caller gets a safeguard response.
    case block

    private var strictness: Int {
        switch self {
        case .log: 0
        case .rewrite: 1
        case .block: 2
        }
    }

    package static func < (lhs: Self, rhs: Self) -> Bool { lhs.strictness < rhs.strictness }
}
