import GuardCore
import Policy

/// What a policy says about its rules outside of `rules`, as far as it is known before they are read.
///
/// What is wrong with it is told where it is read for good, and passed over here.
struct RuleReach {
    /// Whose words a phase inspects of some request: overrides may say others.
    private var roles: [Phase: Set<Role>] = [:]
    /// Ids and tags.
    private let excludedNames: Set<String>
    private let excludedCategories: Set<HarmCategory>

    /// - Parameters:
    ///   - root: the tree of the policy.
    ///   - policy: what it says about the phases.
    init(_ root: YAMLNode, of policy: Policy) {
        let changes = root["overrides"]?.items.compactMap { $0["then"] } ?? []
        let exclusions = ([root] + changes).compactMap { $0["exclude"] }
        let names: [String] = exclusions.flatMap { $0["rules"]?.items.compactMap(\.text) ?? [] }
        excludedNames = Set(names)
        let categories: [String] = exclusions.flatMap { $0["categories"]?.items.compactMap(\.text) ?? [] }
        excludedCategories = Set(categories.compactMap { HarmCategory(rawValue: $0) })
        for phase in Phase.allCases {
            let others: [String] = changes.flatMap { $0[phase.rawValue]?["roles"]?.items.compactMap(\.text) ?? [] }
            roles[phase] = policy[phase].roles.union(others.compactMap { Role(rawValue: $0) })
        }
    }

    /// Whether any phase of the rule inspects any of its roles.
    func includes(_ rule: Rule) -> Bool {
        rule.phases.contains { !rule.roles.isDisjoint(with: roles[$0] ?? []) }
    }

    /// Whether the rule does not hold, for all requests or for some.
    func mayExclude(_ rule: Rule) -> Bool {
        excludedNames.contains(rule.id) || !excludedNames.isDisjoint(with: rule.tags)
            || excludedCategories.contains(rule.category)
    }
}
