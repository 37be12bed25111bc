package import GuardCore

/// A deterministic rule: any of its matchers matching is a finding.
package struct Rule: Sendable, Equatable {
    package var id: String
    /// Why the rule exists, for people.
    package var summary: String
    /// Words that several rules share, so that they can be named together.
    package var tags: Set<String>
    package var category: HarmCategory
    package var phases: Set<Phase>
    /// Whose words it reads; all roles unless the policy says otherwise.
    package var roles: Set<Role>
    package var matchers: [Matcher]
    package var action: Action
    package var response: ResponseStyle
    package var rewrite: RewriteMethod
    package var tests: [RuleTest]

    package init(
        id: String,
        summary: String = "",
        tags: Set<String> = [],
        category: HarmCategory,
        phases: Set<Phase> = Set(Phase.allCases),
        roles: Set<Role> = Set(Role.allCases),
        matchers: [Matcher],
        action: Action,
        response: ResponseStyle = .generated,
        rewrite: RewriteMethod = .redact(placeholder: "[redacted]"),
        tests: [RuleTest] = []
    ) {
        self.id = id
        self.summary = summary
        self.tags = tags
        self.category = category
        self.phases = phases
        self.roles = roles
        self.matchers = matchers
        self.action = action
        self.response = response
        self.rewrite = rewrite
        self.tests = tests
    }
}

/// What a rule looks for in a text.
package enum Matcher: Sendable, Hashable {
    /// The words, letter case ignored, on word boundaries, matched in the canonical view of the text.
    case keyword(String)
    /// A regular expression of the linear-time dialect that `Rules` documents. With a checksum, only what passes it is a
    /// match.
    case regex(pattern: String, ignoreCase: Bool, checksum: Checksum? = nil)
}

/// A rule's own test, written beside it.
package struct RuleTest: Sendable, Equatable {
    package var text: String
    /// Whether the rule is to match the text.
    package var matches: Bool

    package init(text: String, matches: Bool) {
        self.text = text
        self.matches = matches
    }
}
