package import GuardCore

/// A finding that a decision was made from, or one that was left out of it.
package struct ConsideredFinding: Sendable, Equatable {
    package var finding: Finding
    /// Why it does not count; nil where it does.
    package var dismissal: Dismissal?
    /// Whether it is the one that the caller is answered about, or that the action is due to.
    package var isDeciding: Bool

    package init(finding: Finding, dismissal: Dismissal? = nil, isDeciding: Bool = false) {
        self.finding = finding
        self.dismissal = dismissal
        self.isDeciding = isDeciding
    }
}

/// Why something that was found does not count.
package enum Dismissal: Sendable, Equatable {
    /// The rule counts only with a score that the model did not give.
    case scoreTooLow(category: HarmCategory, score: Double, required: Double)
    /// A rule that matched the same text vetoes the category.
    case vetoed(rule: String)
    /// The category counts only where one of these rules, by id or tag, matched the same text.
    case ruleMissing(anyOf: Set<String>)
    /// It is recorded for a share of the requests, and this is none of them.
    case sampledOut(share: Double)
}
