package import Policy

/// A rule's own test that did not come out as written.
package struct RuleTestFailure: Sendable, Equatable, CustomStringConvertible {
    package var ruleID: String
    /// Index of the test within the rule.
    package var index: Int
    package var test: RuleTest

    package init(ruleID: String, index: Int, test: RuleTest) {
        self.ruleID = ruleID
        self.index = index
        self.test = test
    }

    package var description: String {
        "rule '\(ruleID)', test \(index + 1): the text was expected "
            + (test.matches ? "to match and did not" : "not to match and did")
    }
}
