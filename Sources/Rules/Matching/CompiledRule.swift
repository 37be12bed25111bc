import GuardCore
import Policy

/// A rule with its matchers compiled.
struct CompiledRule: Sendable {
    let id: String
    let phases: Set<Phase>
    let roles: Set<Role>
    let keywords: [Keyword]
    let regexes: [RegexMatcher]

    init(_ rule: Rule) throws(RuleError) {
        id = rule.id
        phases = rule.phases
        roles = rule.roles
        var keywords: [Keyword] = []
        var regexes: [RegexMatcher] = []
        for (index, matcher) in rule.matchers.enumerated() {
            switch matcher {
            case .keyword(let text):
                guard let keyword = Keyword(text) else {
                    throw RuleError(ruleID: rule.id, matcher: index, message: "the keyword is empty; give it a word")
                }
                keywords.append(keyword)
            case .regex(let pattern, let ignoreCase, let checksum):
                do throws(RegexError) {
                    let expression = try LinearRegex(pattern, ignoreCase: ignoreCase)
                    regexes.append(RegexMatcher(expression: expression, checksum: checksum))
                } catch {
                    throw RuleError(ruleID: rule.id, matcher: index, message: error.description)
                }
            }
        }
        self.keywords = keywords
        self.regexes = regexes
    }

    func reads(_ role: Role, in phase: Phase) -> Bool { phases.contains(phase) && roles.contains(role) }
}
