/// Why a rule could not be compiled.
package struct RuleError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The rule's id, as the policy file names it.
    package var ruleID: String
    /// Index of the matcher within the rule.
    package var matcher: Int
    /// What is wrong, where in the pattern, and what to do.
    package var message: String

    package init(ruleID: String, matcher: Int, message: String) {
        self.ruleID = ruleID
        self.matcher = matcher
        self.message = message
    }

    package var description: String { "rule '\(ruleID)', matcher \(matcher + 1): \(message)" }
}
