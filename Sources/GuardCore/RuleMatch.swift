/// A place where a rule matched.
package struct RuleMatch: Sendable, Hashable {
    /// The id of the rule, as the policy file names it.
    package var ruleID: String
    /// Index of the segment among those that were inspected together.
    package var segment: Int
    /// The matched bytes, as UTF-8 offsets into the segment's original text.
    package var span: Range<Int>
    /// Further segments that the match covers whole, where it reaches over very many: a match for each would take hundreds of
    /// times the memory of their texts.
    package var covered: ArraySlice<Int>

    package init(ruleID: String, segment: Int, span: Range<Int>, covered: ArraySlice<Int> = []) {
        self.ruleID = ruleID
        self.segment = segment
        self.span = span
        self.covered = covered
    }
}
