import GuardCore
import Policy

/// Segments of the given texts, all of the same role.
func segments(_ texts: String..., role: Role = .user) -> [TextSegment] {
    texts.enumerated().map { TextSegment(path: "/messages/\($0)/content", role: role, turn: $0, text: $1) }
}

/// An assessment with the named scores and zero for the rest.
func assessment(harm: Double = 0, _ scores: [HarmCategory: Double] = [:]) -> Assessment {
    var categories = CategoryScores()
    for (category, score) in scores { categories[category] = score }
    return Assessment(harm: harm, categories: categories, tokens: 1)
}

/// A policy with the same categories in both phases.
func policy(
    mode: Policy.Mode = .enforce,
    _ categories: [HarmCategory: CategoryPolicy] = [:],
    overall: OverallPolicy? = nil,
    rules: [Rule] = []
) -> Policy {
    let phase = PhasePolicy(categories: categories, overall: overall)
    return Policy(name: "test", mode: mode, input: phase, output: phase, rules: rules)
}

extension Rule {
    /// A rule whose matcher is of no interest to the test.
    static func test(
        _ id: String,
        _ category: HarmCategory = .privacy,
        _ action: Action,
        phases: Set<Phase> = Set(Phase.allCases),
        roles: Set<Role> = Set(Role.allCases),
        response: ResponseStyle = .generated,
        rewrite: RewriteMethod = .redact(placeholder: "[x]")
    ) -> Rule {
        Rule(
            id: id,
            category: category,
            phases: phases,
            roles: roles,
            matchers: [.keyword(id)],
            action: action,
            response: response,
            rewrite: rewrite
        )
    }
}
