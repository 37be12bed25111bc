import GuardCore
import Policy

/// The rules of a file so far, with what is needed to see whether the next one makes sense beside them.
///
/// A block list may hold tens of thousands of words, so what is looked up is indexed.
struct EarlierRules {
    /// In order: those of other files, then those of this one.
    private(set) var rules: [PlacedRule] = []
    private let file: String
    private var positions: [String: Int] = [:]
    private var matchers: [Set<Matcher>] = []
    private var positionsByMatcher: [Matcher: [Int]] = [:]

    /// - Parameter file: this one.
    init(_ included: [PlacedRule] = [], file: String) {
        self.file = file
        for rule in included { append(rule) }
    }

    mutating func append(_ placed: PlacedRule) {
        let position = rules.count
        let rule = placed.rule
        rules.append(placed)
        if positions[rule.id] == nil { positions[rule.id] = position }
        matchers.append(Set(rule.matchers))
        for matcher in rule.matchers { positionsByMatcher[matcher, default: []].append(position) }
    }

    /// Why the rule must not stand beside those before it, or could never change a decision.
    ///
    /// - Parameters:
    ///   - node: where the rule's id stands.
    ///   - reach: what the file says about its rules; nil if the rule was not understood well enough to be held
    ///     against it.
    func conflict(of rule: Rule, at node: YAMLNode, in reach: RuleReach?) -> Problem? {
        if !rule.id.isEmpty, let twin = positions[rule.id] {
            return Problem(node, "the rule id '\(rule.id)' is taken", hint: "\(place(of: twin)) has it")
        }
        guard let reach else { return nil }
        if !reach.includes(rule) {
            let phases = rule.phases.map(\.rawValue).sorted().joined(separator: " and ")
            return Problem(
                node,
                "rule '\(rule.id)' is never reached: \(phases) inspects none of its roles",
                hint: "add a role to 'roles' of the phase, or take the rule's own 'roles' out"
            )
        }
        if let twin = positionCovering(rule, in: reach) {
            return Problem(
                node,
                "rule '\(rule.id)' is never needed: rule '\(rules[twin].rule.id)' does the same",
                hint: "\(place(of: twin)) looks for the same in the same places and takes the same action"
            )
        }
        return nil
    }

    private func place(of position: Int) -> String {
        let rule = rules[position]
        return rule.file == file ? "line \(rule.line)" : "\(rule.file):\(rule.line)"
    }

    /// The first rule that already finds and does all that this one would, whatever the request.
    private func positionCovering(_ rule: Rule, in reach: RuleReach) -> Int? {
        guard let first = rule.matchers.first, let candidates = positionsByMatcher[first] else { return nil }
        return candidates.first { position in
            let other = rules[position].rule
            guard rule.category == other.category, rule.action == other.action, !reach.mayExclude(other) else {
                return false
            }
            // Of two blocks the first is answered; of two edits both may be made.
            if rule.action == .rewrite, rule.rewrite != other.rewrite { return false }
            return rule.severity == other.severity && other.paranoia <= rule.paranoia && other.sample >= rule.sample
                && rule.tags.isSubset(of: other.tags) && rule.vetoes.isSubset(of: other.vetoes)
                && other.requiredScores.isEmpty
                && rule.phases.isSubset(of: other.phases) && rule.roles.isSubset(of: other.roles)
                && matchers[position].isSuperset(of: rule.matchers)
        }
    }
}
