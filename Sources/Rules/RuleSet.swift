package import GuardCore
package import Policy

/// A policy's rules, compiled once: immutable and shared by all threads.
package struct RuleSet: Sendable {
    /// - Throws: `RuleError` for the first rule that cannot be compiled.
    package init(_ rules: [Rule]) throws(RuleError) {}

    /// Where the rules match, by segment, then in the order of the rules, then by position.
    package func matches(in segments: [TextSegment], phase: Phase) -> [RuleMatch] { [] }

    /// The same on views that were computed before, one for each segment.
    package func matches(in segments: [TextSegment], views: [TextViews], phase: Phase) -> [RuleMatch] { [] }

    /// Runs a rule's own tests. A test's text is read by whatever phase and role the rule names.
    package static func runTests(of rule: Rule) throws(RuleError) -> [RuleTestFailure] { [] }
}
