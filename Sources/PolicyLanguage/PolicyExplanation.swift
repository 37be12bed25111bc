package import GuardCore
package import Policy

/// What a policy does, spelled out: defaults resolved, every category of both phases, every rule.
///
/// Encodes to the JSON of `guardian policy explain --json`.
package struct PolicyExplanation: Sendable, Equatable, Encodable {
    package var name: String
    package var digest: String
    package var mode: String
    package var phases: [PhaseExplanation]
    package var rules: [RuleExplanation]
    /// The one that counts most first.
    package var overrides: [OverrideExplanation]

    /// One phase.
    package struct PhaseExplanation: Sendable, Equatable, Encodable {
        package var phase: Phase
        /// Whose words are inspected, in the order of `Role`.
        package var roles: [Role]
        /// What is done with what is no text; nil of the output.
        package var media: String?
        /// First `overall`, then all categories in taxonomy order.
        package var categories: [CategoryExplanation]
        /// What is done once the rules add up to too much, in words; nil is nothing.
        package var anomaly: String?
    }

    /// One category of a phase; all but the name is nil if it is scored and not judged. `overall` without an action of
    /// its own has a threshold and a consequence only.
    package struct CategoryExplanation: Sendable, Equatable, Encodable {
        package var category: String
        package var threshold: Double?
        package var action: Action?
        /// What follows from the action: how the caller is answered, or how the text is edited.
        package var consequence: String?
        /// `open` or `closed`.
        package var onFailure: String?
        /// Ids and tags of rules of which one has to match the same text, sorted; nil if none has to.
        package var requires: [String]?
        /// The share of requests that it is recorded for; nil is all.
        package var sample: Double?

        private enum CodingKeys: String, CodingKey {
            case category, threshold, action, consequence, requires, sample
            case onFailure = "on_failure"
        }
    }

    /// One rule.
    package struct RuleExplanation: Sendable, Equatable, Encodable {
        package var id: String
        package var summary: String
        package var category: HarmCategory
        package var phases: [Phase]
        package var roles: [Role]
        package var action: Action
        package var consequence: String?
        package var matchers: Int
        package var tests: Int
        /// What a match adds to the score of the rules together; nil is nothing.
        package var severity: String?
        /// The scores, by category, without which a match does not count; nil if it always does.
        package var requires: [String: Double]?
        /// Categories whose scores a match takes back, in taxonomy order; nil if none.
        package var vetoes: [HarmCategory]?
        /// The share of requests that it is recorded for; nil is all.
        package var sample: Double?
    }

    /// What is done otherwise about some requests.
    package struct OverrideExplanation: Sendable, Equatable, Encodable {
        package var name: String
        /// Patterns by what they are held against: `route`, `model`, `tenant`.
        package var when: [String: [String]]
        /// What it changes, in words.
        package var changes: [PolicyDifference.Change]
    }

    /// - Parameter scope: a request to explain the policy for: with the overrides that hold for it put in, and only these
    ///   listed. Without one, all are listed and none is put in.
    package init(_ policy: Policy, for scope: RequestScope? = nil) {
        let all = PolicyOverride.byPrecedence(policy.overrides)
        let chosen = scope.map { policy.overrides(for: $0) } ?? all
        overrides = chosen.map { OverrideExplanation(policy.overrides[$0], of: policy) }
        let policy = scope.map { policy.policy(for: $0) } ?? policy
        name = policy.name
        digest = policy.digest
        mode = policy.mode.rawValue
        phases = Phase.allCases.map { PhaseExplanation(phase: $0, policy: policy[$0]) }
        rules = policy.rules.map(RuleExplanation.init)
    }
}

extension PolicyOverride {
    /// Positions, the one that counts most first.
    static func byPrecedence(_ overrides: [PolicyOverride]) -> [Int] {
        overrides.indices.sorted {
            (-overrides[$0].when.specificity, $0) < (-overrides[$1].when.specificity, $1)
        }
    }
}

extension PolicyExplanation.OverrideExplanation {
    init(_ override: PolicyOverride, of policy: Policy) {
        name = override.name
        when = override.when.words
        var plain = policy
        plain.overrides = []
        changes = PolicyDifference(from: plain, to: override.then.applied(to: plain)).changes
    }
}

extension ScopePattern {
    /// By what they are held against, as the language calls it.
    var words: [String: [String]] {
        let all = ["route": routes, "model": models, "tenant": tenants]
        return all.filter { !$0.value.isEmpty }.mapValues { $0.map(\.text) }
    }
}

extension PolicyExplanation.PhaseExplanation {
    fileprivate init(phase: Phase, policy: PhasePolicy) {
        self.phase = phase
        roles = Role.allCases.filter(policy.roles.contains)
        media = phase == .input || policy.media != .pass ? policy.media.rawValue : nil
        anomaly = policy.anomaly?.words
        categories =
            [PolicyExplanation.CategoryExplanation(policy.overall)]
            + HarmCategory.allCases.map { PolicyExplanation.CategoryExplanation($0.rawValue, policy.categories[$0]) }
    }
}

extension PolicyExplanation.CategoryExplanation {
    fileprivate init(_ overall: OverallPolicy?) {
        switch overall {
        case .own(let policy): self.init("overall", policy)
        case .likeliestCategory(let threshold):
            self.init(category: "overall", threshold: threshold, consequence: "as the likeliest category")
        case nil: self.init("overall", nil)
        }
    }

    fileprivate init(_ category: String, _ policy: CategoryPolicy?) {
        self.category = category
        threshold = policy?.threshold
        action = policy?.action
        consequence = policy?.action.consequence(response: policy?.response, rewrite: policy?.rewrite)?.words
        onFailure = policy?.failureMode.rawValue
        requires = policy.flatMap { $0.requiredRules.isEmpty ? nil : $0.requiredRules.sorted() }
        sample = policy.flatMap { $0.action.share($0.sample) }
    }
}

extension PolicyExplanation.RuleExplanation {
    fileprivate init(_ rule: Rule) {
        id = rule.id
        summary = rule.summary
        category = rule.category
        phases = Phase.allCases.filter(rule.phases.contains)
        roles = Role.allCases.filter(rule.roles.contains)
        action = rule.action
        consequence = rule.action.consequence(response: rule.response, rewrite: rule.rewrite)?.words
        matchers = rule.matchers.count
        tests = rule.tests.count
        severity = rule.severity?.rawValue
        if !rule.requiredScores.isEmpty {
            requires = Dictionary(uniqueKeysWithValues: rule.requiredScores.map { ($0.key.rawValue, $0.value) })
        }
        if !rule.vetoes.isEmpty { vetoes = rule.vetoes.sorted() }
        sample = rule.action.share(rule.sample)
    }
}

/// What follows from an action: how the caller is answered, or how the text is edited.
struct Consequence: Equatable {
    /// As the language calls it.
    var kind: String
    /// The whole of the text that goes with it.
    var text: String?

    /// In a few words: of the text no more than its beginning.
    var words: String { text.map { "\(kind): \($0.clipped)" } ?? kind }
}

extension Action {
    /// What follows from the action; nil where nothing does.
    func consequence(response: ResponseStyle?, rewrite: RewriteMethod?) -> Consequence? {
        switch (self, response, rewrite) {
        case (.log, _, _): nil
        case (.block, .fixed(let text), _): Consequence(kind: "fixed", text: text)
        case (.block, .template, _): Consequence(kind: "template")
        case (.block, .error, _): Consequence(kind: "error")
        case (.block, _, _): Consequence(kind: "generated")
        case (.rewrite, _, .redact(let placeholder)): Consequence(kind: "redact", text: placeholder)
        case (.rewrite, _, .mask(let label)): Consequence(kind: "mask", text: label)
        case (.rewrite, _, .steer(let message)): Consequence(kind: "steer", text: message)
        case (.rewrite, _, .replace(let text)): Consequence(kind: "replace", text: text)
        case (.rewrite, _, nil): Consequence(kind: "steer")
        }
    }

    /// The share of requests that is recorded where it is not all.
    fileprivate func share(_ sample: Double) -> Double? { self == .log && sample < 1 ? sample : nil }
}
