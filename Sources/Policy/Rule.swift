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
    /// What a match adds to the anomaly score; nil is nothing.
    package var severity: Severity?
    /// How much is suspected that is mostly harmless, 1...4: the rule holds in policies of this level and above.
    package var paranoia: Int
    /// Scores that the same text has to reach for a match to count. A text that the model could not judge counts.
    package var requiredScores: [HarmCategory: Double]
    /// Categories that the model's score of the same text says nothing about where the rule matches.
    package var vetoes: Set<HarmCategory>
    /// Where the action is `log`, the share of requests that it is recorded for.
    package var sample: Double

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
        tests: [RuleTest] = [],
        severity: Severity? = nil,
        paranoia: Int = 1,
        requiredScores: [HarmCategory: Double] = [:],
        vetoes: Set<HarmCategory> = [],
        sample: Double = 1
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
        self.severity = severity
        self.paranoia = paranoia
        self.requiredScores = requiredScores
        self.vetoes = vetoes
        self.sample = sample
    }
}

/// How bad a match is, with the scores that the OWASP Core Rule Set gives them.
package enum Severity: String, Sendable, Hashable, CaseIterable {
    case critical, error, warning, notice

    /// What it adds to the anomaly score.
    package var score: Int {
        switch self {
        case .critical: 5
        case .error: 4
        case .warning: 3
        case .notice: 2
        }
    }
}

/// What is done once the rules that match the texts of one phase add up to so much, each rule counted once.
package struct AnomalyPolicy: Sendable, Equatable {
    package var threshold: Int
    /// `block` or `log`.
    package var action: Action
    package var response: ResponseStyle

    /// What findings and records call it in place of a rule's id.
    package static let id = "anomaly"

    package init(threshold: Int, action: Action, response: ResponseStyle = .generated) {
        self.threshold = threshold
        self.action = action
        self.response = response
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
