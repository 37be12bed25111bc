import GuardCore
import Policy

extension PolicyDecoder {
    /// Overrides of one policy: each is held against each request.
    private static let mostOverrides = 256

    /// Reads `overrides`: what is done otherwise about some requests.
    ///
    /// - Parameter policy: what they change.
    mutating func overrides(_ node: YAMLNode, of policy: Policy) -> [PolicyOverride] {
        guard let items = list(node, "'overrides'") else { return [] }
        if items.count > Self.mostOverrides { note(node, "more than \(Self.mostOverrides) overrides") }
        var overrides: [PolicyOverride] = []
        var lines: [ScopePattern: Int] = [:]
        for (number, item) in items.enumerated() {
            let before = problems.count
            let fields = fields(
                of: item,
                "an override",
                known: PolicyKeys.override,
                required: PolicyKeys.overrideRequired
            )
            let name = fields["name"].flatMap { self.name($0) } ?? "\(number + 1)"
            let when = fields["when"].map { scopePattern($0) } ?? ScopePattern()
            let then = fields["then"].map { patch($0, of: policy) } ?? PolicyPatch()
            guard problems.count == before else { continue }
            if let line = lines[when] {
                note(item, "this override never wins", hint: "line \(line) says the same 'when', and stands first")
            }
            lines[when] = item.mark.line
            overrides.append(PolicyOverride(name: name, when: when, then: then))
        }
        return overrides
    }

    private mutating func scopePattern(_ node: YAMLNode) -> ScopePattern {
        let before = problems.count
        let fields = fields(of: node, "'when'", known: PolicyKeys.when)
        let pattern = ScopePattern(
            routes: fields["route"].map { patterns($0, "route") } ?? [],
            models: fields["model"].map { patterns($0, "model") } ?? [],
            tenants: fields["tenant"].map { patterns($0, "tenant") } ?? []
        )
        if pattern == ScopePattern(), problems.count == before, !node.isRefused {
            note(
                node,
                "'when' says nothing",
                hint: "name a 'route', a 'model' or a 'tenant'; what holds for all stands outside of 'overrides'"
            )
        }
        return pattern
    }

    /// Reads a word or a list of words.
    private mutating func patterns(_ node: YAMLNode, _ what: String) -> [WordPattern] {
        var items = [node]
        if case .sequence = node.content { items = list(node, "'\(what)'") ?? [] }
        var patterns: [WordPattern] = []
        for item in items {
            guard let text = text(item, what) else { continue }
            if text.count(where: { $0 == "*" }) > 8 { note(item, "\(what) has more than 8 '*'") }
            let pattern = WordPattern(text)
            if patterns.contains(pattern) { note(item, "'\(text.clipped)' is given twice in '\(what)'") }
            patterns.append(pattern)
        }
        return patterns
    }

    private mutating func patch(_ node: YAMLNode, of policy: Policy) -> PolicyPatch {
        let before = problems.count
        let fields = fields(of: node, "'then'", known: PolicyKeys.then)
        var patch = PolicyPatch()
        if let node = fields["mode"] { patch.mode = choice(node, "mode") }
        if let node = fields["input"] { patch.input = phasePatch(node, phase: .input, of: policy.input) }
        if let node = fields["output"] { patch.output = phasePatch(node, phase: .output, of: policy.output) }
        if let node = fields["stream"] { patch.stream = streamPatch(node, over: policy.stream) }
        if let node = fields["exclude"] { patch.excludedRules = excludedRules(node, among: policy.rules) }
        if problems.count == before, patch.applied(to: policy) == policy, !node.isRefused {
            note(node, "'then' changes nothing", hint: "the policy says the same already")
        }
        if problems.count == before, !patch.excludedRules.isEmpty {
            checkRequirements(of: patch.applied(to: policy), at: node, before: policy)
        }
        return patch
    }

    /// What requires rules of which none is left is never found: nobody means that.
    private mutating func checkRequirements(of changed: Policy, at node: YAMLNode, before: Policy) {
        for phase in Phase.allCases {
            let (left, all) = (changed.rules.names(in: phase), before.rules.names(in: phase))
            var judged = changed[phase].categories.sorted { $0.key < $1.key }.map { ($0.key.rawValue, $0.value) }
            if case .own(let overall) = changed[phase].overall { judged.insert(("overall", overall), at: 0) }
            for (name, policy) in judged {
                let required = policy.requiredRules
                guard !required.isDisjoint(with: all), required.isDisjoint(with: left) else { continue }
                note(
                    node,
                    "'exclude' leaves none of the rules that '\(name)' requires in '\(phase.rawValue)'",
                    hint: "it would never be found: 'ignore' it, or say what else it requires"
                )
            }
        }
    }

    private mutating func phasePatch(_ node: YAMLNode, phase: Phase, of policy: PhasePolicy) -> PhasePatch {
        let what = "'\(phase.rawValue)'"
        var patch = PhasePatch()
        if node.text == "ignore" {
            patch.overall = .ignored
            for category in HarmCategory.allCases { patch.categories[category] = .ignored }
            return patch
        }
        let fields = fields(of: node, "\(what) of 'then'", known: PolicyKeys.thenPhase)
        if let node = fields["roles"] { patch.roles = choices(node, "'roles'", each: "role") }
        if let node = fields["media"] { patch.media = choice(node, "media") }
        if let node = fields["anomaly"] { patch.anomaly = anomalyPolicy(node).map { .set($0) } ?? .ignored }
        if let node = fields["overall"] { patch.overall = overallChange(node, phase: phase, of: policy.overall) }
        if let node = fields["categories"] {
            let known = HarmCategory.allCases.map(\.rawValue)
            let named = self.fields(of: node, "'categories'", known: known, noun: "category")
            for category in HarmCategory.allCases {
                guard let node = named[category.rawValue] else { continue }
                let name = "'\(category.rawValue)'"
                patch.categories[category] = change(node, name, phase: phase, of: policy.categories[category])
            }
        }
        guard let node = fields["others"] else { return patch }
        let others = HarmCategory.allCases.filter { patch.categories[$0] == nil }
        let problemsBefore = problems
        for category in others {
            // Each is checked against what it changes; what is wrong with all of them is said once.
            let isTold = problems.count > problemsBefore.count
            let told = problems
            patch.categories[category] = change(node, "'others'", phase: phase, of: policy.categories[category])
            if isTold { problems = told }
        }
        return patch
    }

    /// Reads what changes about overall harm: a mapping, or `ignore`. Where it has an action of its own, a part of it is enough.
    private mutating func overallChange(
        _ node: YAMLNode,
        phase: Phase,
        of policy: OverallPolicy?
    ) -> PhasePatch.Change<CategoryPatch> {
        if case .own(let own) = policy { return change(node, "'overall'", phase: phase, of: own) }
        return overallOptions(node, phase: phase).map { .set($0) } ?? .ignored
    }

    /// Reads what changes about a category: a mapping, or `ignore`.
    private mutating func change(
        _ node: YAMLNode,
        _ what: String,
        phase: Phase,
        of policy: CategoryPolicy?
    ) -> PhasePatch.Change<CategoryPatch> {
        guard isJudged(node, what, example: "{threshold: 0.8}") else { return .ignored }
        let patch = options(node, what, phase: phase)
        guard let whole = patch.applied(to: policy) else {
            note(
                node,
                "\(what) is not judged outside of this override",
                hint: "give it a 'threshold' and an 'action'"
            )
            return .set(patch)
        }
        let options = CategoryPatch(action: whole.action, rewrite: whole.rewrite)
        checkSteering(node, what, options, phase: phase)
        checkSample(node, what, patch.sample, action: whole.action)
        return .set(patch)
    }

    /// Reads `exclude`: `{rules: [id or tag], categories: [category]}`.
    ///
    /// - Returns: the ids of the rules that do not hold.
    mutating func excludedRules(_ node: YAMLNode, among rules: [Rule]) -> Set<String> {
        let fields = fields(of: node, "'exclude'", known: PolicyKeys.exclude)
        var ids = fields["rules"].flatMap { selection($0, "'rules'", among: rules) } ?? []
        if let node = fields["categories"] {
            let categories: Set<HarmCategory> = choices(node, "'categories'", each: "category") ?? []
            for category in categories.sorted() {
                let named = rules.filter { $0.category == category }
                if named.isEmpty, !hasBrokenPack { note(node, "no rule is of the category '\(category.rawValue)'") }
                ids.formUnion(named.map(\.id))
            }
        }
        return ids
    }
}
