import GuardCore
import Policy

extension PolicyDecoder {
    /// Reads `rules`, in order.
    ///
    /// - Parameters:
    ///   - included: the rules that stand before them, from other files.
    ///   - reach: what the file says about them elsewhere; nil if it says nothing.
    /// - Returns: all of them.
    mutating func rules(_ node: YAMLNode, after included: [PlacedRule], in reach: RuleReach?) -> [PlacedRule] {
        guard let items = list(node, "'rules'") else { return included }
        var earlier = EarlierRules(included, file: file)
        for item in items {
            let before = problems.count
            let fields = fields(
                of: item,
                "a rule",
                known: PolicyKeys.rule,
                required: PolicyKeys.ruleRequired
            )
            guard case .mapping = item.content else { continue }
            let rule = rule(fields)
            let id = fields["id"] ?? item
            // What a rule reaches is only worth telling if the rule was understood.
            let isUnderstood = problems.count == before
            if let problem = earlier.conflict(of: rule, at: id, in: isUnderstood ? reach : nil) { note(problem) }
            earlier.append(PlacedRule(rule: rule, file: file, line: id.mark.line))
        }
        return earlier.rules
    }

    private mutating func rule(_ fields: Fields) -> Rule {
        var rule = Rule(
            id: fields["id"].flatMap { ruleID($0) } ?? "",
            category: .jailbreak,
            matchers: [],
            action: fields["action"].flatMap { choice($0, "action") } ?? .log
        )
        if let node = fields["summary"] { rule.summary = text(node, "summary") ?? "" }
        if let node = fields["tags"] { rule.tags = tags(node) }
        if let node = fields["category"] { rule.category = choice(node, "category") ?? rule.category }
        if let node = fields["phases"] { rule.phases = choices(node, "'phases'", each: "phase") ?? rule.phases }
        if let node = fields["roles"] { rule.roles = choices(node, "'roles'", each: "role") ?? rule.roles }
        if let node = fields["match"] { rule.matchers = matchers(node) }
        if let node = fields["response"] { rule.response = response(node) }
        if let node = fields["rewrite"] {
            rule.rewrite = rewrite(node, allowed: RewriteKind.allCases) ?? rule.rewrite
            if case .steer = rule.rewrite, rule.phases.contains(.output) {
                note(
                    node,
                    "a rule cannot steer an answer that is already written",
                    hint: "say 'phases: [input]', or use 'redact' or 'replace'"
                )
            }
        }
        if let node = fields["tests"] { rule.tests = tests(node) }
        if let node = fields["severity"] { rule.severity = choice(node, "severity") }
        if let node = fields["paranoia"] { rule.paranoia = whole(node, "paranoia", in: Self.paranoia) ?? 1 }
        if let node = fields["requires"] { rule.requiredScores = requiredScores(node) }
        if let node = fields["vetoes"] { rule.vetoes = choices(node, "'vetoes'", each: "category") ?? [] }
        if let node = fields["sample"] {
            rule.sample = score(node, "sample") ?? 1
            checkSample(node, "a rule", rule.sample, action: rule.action)
        }
        return rule
    }

    /// Ids go into log lines, metrics and command lines.
    private mutating func ruleID(_ node: YAMLNode, _ what: String = "an id") -> String? {
        guard let id = text(node, what == "an id" ? "id" : what) else { return nil }
        let allowed = id.allSatisfy { $0.isASCII && ($0.isLowercase || $0.isNumber || "-_.".contains($0)) }
        if id == AnomalyPolicy.id {
            note(node, "\(what) must not be '\(id)': that is what the rules together are recorded as")
            return nil
        }
        if !allowed || id.count > 64 {
            note(node, "\(what) is at most 64 of a-z, 0-9, '-', '_' and '.'")
            return nil
        }
        return id
    }

    /// Reads `tags`: words that several rules share.
    private mutating func tags(_ node: YAMLNode) -> Set<String> {
        var tags: Set<String> = []
        for item in list(node, "'tags'") ?? [] {
            guard let tag = ruleID(item, "a tag") else { continue }
            if !tags.insert(tag).inserted { note(item, "'\(tag)' is given twice in 'tags'") }
        }
        return tags
    }

    /// Reads `requires`: scores by category.
    private mutating func requiredScores(_ node: YAMLNode) -> [HarmCategory: Double] {
        let known = HarmCategory.allCases.map(\.rawValue)
        let fields = fields(of: node, "'requires'", known: known, noun: "category")
        var scores: [HarmCategory: Double] = [:]
        for category in HarmCategory.allCases {
            if let node = fields[category.rawValue] { scores[category] = score(node, category.rawValue) }
        }
        return scores
    }

    /// Reads `tests`: texts that the rule is to match, and texts that it is to pass.
    private mutating func tests(_ node: YAMLNode) -> [RuleTest] {
        let fields = fields(of: node, "'tests'", known: PolicyKeys.tests)
        var tests: [RuleTest] = []
        for (key, matches) in [("match", true), ("pass", false)] {
            for item in fields[key].flatMap({ list($0, "'\(key)'") }) ?? [] {
                if let text = text(item, "a test") { tests.append(RuleTest(text: text, matches: matches)) }
            }
        }
        return tests
    }
}
