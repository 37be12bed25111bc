import GuardCore
package import Policy

/// What another version of a policy does differently, in words.
///
/// Encodes to the JSON of `guardian policy diff --json`.
package struct PolicyDifference: Sendable, Equatable, Encodable {
    /// One thing that changed.
    package struct Change: Sendable, Equatable, Encodable {
        /// What it is about: `mode`, `input.self_harm.threshold`, `rules.pii.email.action`.
        package var subject: String
        /// Nil where it is new.
        package var before: String?
        /// Nil where it is gone.
        package var after: String?
        /// What follows, where that can be said; for example that more texts reach a lower threshold.
        package var effect: String?

        package init(_ subject: String, before: String?, after: String?, effect: String? = nil) {
            self.subject = subject
            self.before = before
            self.after = after
            self.effect = effect
        }
    }

    /// In the order of the language: the policy, its phases, the stream, the rules, the overrides.
    package var changes: [Change]

    /// Those that are more than another threshold of a phase: what tuning must not bring about.
    package var beyondThresholds: [Change] { changes.filter { !$0.isThreshold } }

    package init(from old: Policy, to new: Policy) {
        changes = []
        compare("mode", old.mode.rawValue, new.mode.rawValue, effect: new.mode == .shadow ? "nothing is acted on" : nil)
        for phase in Phase.allCases { compare(phase, old[phase], new[phase]) }
        compareStreams(old.stream, new.stream)
        compareRules(old.rules, new.rules)
        compareOverrides(old, new)
    }

    private mutating func compare(_ subject: String, _ before: String?, _ after: String?, effect: String? = nil) {
        if before != after { changes.append(Change(subject, before: before, after: after, effect: effect)) }
    }

    /// Tells of what is not the same, also where the words for it are: they hold no more than the beginning of a text.
    private mutating func tell(_ subject: String, _ before: String?, _ after: String?) {
        let effect = before == after ? "they differ in what is not shown" : nil
        changes.append(Change(subject, before: before, after: after, effect: effect))
    }
}

extension PolicyDifference {
    private mutating func compare(_ phase: Phase, _ old: PhasePolicy, _ new: PhasePolicy) {
        let name = phase.rawValue
        compare("\(name).roles", Self.list(old.roles), Self.list(new.roles))
        compare("\(name).media", old.media.rawValue, new.media.rawValue)
        compareOverall("\(name).overall", old.overall, new.overall)
        compare("\(name).anomaly", old.anomaly, new.anomaly)
        for category in HarmCategory.allCases {
            compare("\(name).\(category.rawValue)", old.categories[category], new.categories[category])
        }
    }

    private mutating func compareOverall(_ subject: String, _ old: OverallPolicy?, _ new: OverallPolicy?) {
        switch (old, new) {
        case (.likeliestCategory(let before)?, .likeliestCategory(let after)?):
            compareThresholds(subject, before, after)
        case (.own(let before)?, .own(let after)?): compare(subject, before, after)
        default: compare(subject, old?.words, new?.words)
        }
    }

    private mutating func compare(_ subject: String, _ old: CategoryPolicy?, _ new: CategoryPolicy?) {
        guard let old, let new else {
            compare(subject, old?.words ?? "not judged", new?.words ?? "not judged")
            return
        }
        compareThresholds(subject, old.threshold, new.threshold)
        compareActions(subject, old.action, new.action)
        compareConsequences(subject, old.consequence, new.consequence)
        compare("\(subject).on_failure", old.failureMode.rawValue, new.failureMode.rawValue)
        compare("\(subject).sample", "\(old.sample)", "\(new.sample)")
        compare("\(subject).requires", Self.list(old.requiredRules), Self.list(new.requiredRules))
    }

    private mutating func compare(_ subject: String, _ old: AnomalyPolicy?, _ new: AnomalyPolicy?) {
        let (before, after) = (old?.words, new?.words)
        if before != after || old?.consequence != new?.consequence { tell(subject, before, after) }
    }

    private mutating func compareThresholds(_ subject: String, _ old: Double, _ new: Double) {
        let effect = new < old ? "more texts reach it" : "fewer texts reach it"
        compare("\(subject).threshold", "\(old)", "\(new)", effect: effect)
    }

    private mutating func compareActions(_ subject: String, _ old: Action, _ new: Action) {
        compare("\(subject).action", old.rawValue, new.rawValue, effect: new > old ? "stricter" : "milder")
    }

    /// How the caller is answered, or how the text is edited.
    private mutating func compareConsequences(_ subject: String, _ old: Consequence?, _ new: Consequence?) {
        if old != new { tell("\(subject).consequence", old?.words ?? "none", new?.words ?? "none") }
    }

    private mutating func compareStreams(_ old: StreamPolicy, _ new: StreamPolicy) {
        compare("stream.mode", old.mode.rawValue, new.mode.rawValue)
        compare("stream.tokens", "\(old.holdBack.tokens)", "\(new.holdBack.tokens)")
        compare("stream.delay", "\(old.holdBack.delay)", "\(new.holdBack.delay)")
        compare("stream.bytes", "\(old.holdBack.bytes)", "\(new.holdBack.bytes)")
    }

    /// Overrides are the same if they are about the same requests. What they say is compared, not what they make of the policy:
    /// what that says otherwise has been told by now.
    private mutating func compareOverrides(_ old: Policy, _ new: Policy) {
        let told = changes
        func words(_ override: PolicyOverride, of policy: Policy) -> String {
            PolicyDifference(from: policy.withoutOverrides, to: override.then.applied(to: policy.withoutOverrides))
                .changes.map(\.description).joined(separator: "; ")
        }
        func keyed(_ policy: Policy) -> [ScopePattern: PolicyOverride] {
            Dictionary(policy.overrides.map { ($0.when, $0) }) { first, _ in first }
        }
        let (before, after) = (keyed(old), keyed(new))
        var seen: Set<ScopePattern> = []
        for override in old.overrides + new.overrides where seen.insert(override.when).inserted {
            let (earlier, later) = (before[override.when], after[override.when])
            if let earlier, let later, earlier.then == later.then {
                // What the policy itself does not show may show here: how a block is answered where it only records.
                let shown = PolicyDifference(
                    from: earlier.then.applied(to: old.withoutOverrides),
                    to: later.then.applied(to: new.withoutOverrides)
                )
                if shown.changes.allSatisfy({ told.contains($0) }) { continue }
            }
            tell("overrides.\(override.name)", earlier.map { words($0, of: old) }, later.map { words($0, of: new) })
        }
        func order(_ policy: Policy, besides others: [ScopePattern: PolicyOverride]) -> [ScopePattern] {
            PolicyOverride.byPrecedence(policy.overrides).map { policy.overrides[$0].when }.filter { others[$0] != nil }
        }
        if order(old, besides: after) != order(new, besides: before) {
            changes.append(
                Change(
                    "overrides",
                    before: nil,
                    after: nil,
                    effect: "in another order: of two that are equally specific the first counts"
                )
            )
        }
    }

    /// Rules are the same if their ids are; their order only matters for which of two blocks is answered.
    private mutating func compareRules(_ old: [Rule], _ new: [Rule]) {
        let byID = Dictionary(new.map { ($0.id, $0) }) { first, _ in first }
        for rule in old {
            let subject = "rules.\(rule.id)"
            if let successor = byID[rule.id] {
                compare(subject, rule, successor)
            } else {
                compare(subject, rule.words, nil, effect: "it matches no more")
            }
        }
        let known = Set(old.map(\.id))
        for rule in new where !known.contains(rule.id) {
            compare("rules.\(rule.id)", nil, rule.words)
        }
        let kept = new.map(\.id).filter(known.contains)
        let previous = old.map(\.id).filter { byID[$0] != nil }
        if kept != previous {
            changes.append(
                Change(
                    "rules",
                    before: nil,
                    after: nil,
                    effect: "in another order: the first that blocks says what is answered"
                )
            )
        }
    }

    private mutating func compare(_ subject: String, _ old: Rule, _ new: Rule) {
        compare("\(subject).tags", Self.list(old.tags), Self.list(new.tags))
        compare("\(subject).category", old.category.rawValue, new.category.rawValue)
        compare("\(subject).phases", Self.list(old.phases), Self.list(new.phases))
        compare("\(subject).roles", Self.list(old.roles), Self.list(new.roles))
        compareActions(subject, old.action, new.action)
        compareConsequences(subject, old.consequence, new.consequence)
        compare("\(subject).severity", old.severity?.rawValue, new.severity?.rawValue)
        compare("\(subject).sample", "\(old.sample)", "\(new.sample)")
        compare("\(subject).vetoes", Self.list(old.vetoes), Self.list(new.vetoes))
        compare("\(subject).requires", Self.scores(old.requiredScores), Self.scores(new.requiredScores))
        for matcher in old.matchers where !new.matchers.contains(matcher) {
            compare("\(subject).match", matcher.words, nil)
        }
        for matcher in new.matchers where !old.matchers.contains(matcher) {
            compare("\(subject).match", nil, matcher.words)
        }
    }

    private static func list(_ names: Set<String>) -> String? {
        names.isEmpty ? nil : names.sorted().joined(separator: ", ")
    }

    private static func scores(_ scores: [HarmCategory: Double]) -> String? {
        let words = scores.sorted { $0.key < $1.key }.map { "\($0.key.rawValue) \($0.value)" }
        return words.isEmpty ? nil : words.joined(separator: ", ")
    }

    /// In the order of the language.
    private static func list<Value>(_ values: Set<Value>) -> String
    where Value: CaseIterable & RawRepresentable<String> {
        Value.allCases.filter(values.contains).map(\.rawValue).joined(separator: ", ")
    }
}

extension CategoryPolicy {
    fileprivate var consequence: Consequence? { action.consequence(response: response, rewrite: rewrite) }

    fileprivate var words: String {
        "\(action.rawValue) from \(threshold) on" + (consequence.map { " (\($0.words))" } ?? "")
    }
}

extension OverallPolicy {
    fileprivate var words: String {
        switch self {
        case .likeliestCategory(let threshold): "as the likeliest category from \(threshold) on"
        case .own(let policy): policy.words
        }
    }
}

extension AnomalyPolicy {
    fileprivate var consequence: Consequence? { action.consequence(response: response, rewrite: nil) }

    /// What is done, from where on, and what follows.
    var words: String {
        "\(action.rawValue) from \(threshold) on" + (consequence.map { " (\($0.words))" } ?? "")
    }
}

extension Rule {
    fileprivate var consequence: Consequence? { action.consequence(response: response, rewrite: rewrite) }

    fileprivate var words: String {
        let consequence = consequence.map { " (\($0.words))" } ?? ""
        return "\(category.rawValue), \(action.rawValue)\(consequence), \(matchers.count) matchers"
    }
}

extension Matcher {
    fileprivate var words: String {
        switch self {
        case .keyword(let text): "keyword \"\(text.clipped)\""
        case .regex(let pattern, let ignoreCase, let checksum):
            "regex '\(pattern)'" + (ignoreCase ? ", letter case ignored" : "")
                + (checksum.map { ", checksum \($0.rawValue)" } ?? "")
        }
    }
}

extension PolicyDifference: CustomStringConvertible {
    /// One line a change: `- ` gone, `+ ` new, `~ ` changed.
    package var description: String {
        changes.isEmpty ? "no difference" : changes.map(\.description).joined(separator: "\n")
    }
}

extension PolicyDifference.Change {
    /// Rules and overrides have names of their own, which may end in anything.
    fileprivate var isThreshold: Bool {
        subject.hasSuffix(".threshold") && Phase.allCases.contains { subject.hasPrefix("\($0.rawValue).") }
    }
}

extension PolicyDifference.Change: CustomStringConvertible {
    package var description: String {
        let effect = effect.map { "  (\($0))" } ?? ""
        return switch (before, after) {
        case (let before?, let after?): "~ \(subject): \(before) -> \(after)\(effect)"
        case (let before?, nil): "- \(subject): \(before)\(effect)"
        case (nil, let after?): "+ \(subject): \(after)\(effect)"
        case (nil, nil): "~ \(subject)\(effect)"
        }
    }
}

extension Policy {
    fileprivate var withoutOverrides: Policy {
        var policy = self
        policy.overrides = []
        return policy
    }
}
