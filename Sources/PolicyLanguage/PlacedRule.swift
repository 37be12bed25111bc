import GuardCore
import Policy

/// A rule and where its id stands in the file.
struct PlacedRule {
    var rule: Rule
    var id: YAMLNode

    /// Why the rule could never change a decision, if that is so.
    ///
    /// - Parameters:
    ///   - earlier: the rules before it in the file.
    ///   - policy: what the file says about the phases.
    func unreachable(after earlier: [PlacedRule], in policy: Policy) -> Problem? {
        if rule.phases.allSatisfy({ policy[$0].roles.isDisjoint(with: rule.roles) }) {
            let phases = rule.phases.map(\.rawValue).sorted().joined(separator: " and ")
            return Problem(
                id,
                "rule '\(rule.id)' is never reached: \(phases) inspects none of its roles",
                hint: "add a role to 'roles' of the phase, or take the rule's own 'roles' out"
            )
        }
        if let twin = earlier.first(where: { covers($0.rule) }) {
            return Problem(
                id,
                "rule '\(rule.id)' is never needed: rule '\(twin.rule.id)' does the same",
                hint: "line \(twin.id.mark.line) looks for the same in the same places and takes the same action"
            )
        }
        return nil
    }

    /// Whether the other rule already finds and does all that this one would.
    private func covers(_ other: Rule) -> Bool {
        rule.category == other.category && rule.action == other.action
            && rule.phases.isSubset(of: other.phases) && rule.roles.isSubset(of: other.roles)
            && rule.matchers.allSatisfy(other.matchers.contains)
    }
}
