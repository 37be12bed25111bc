import GuardCore
import Policy

extension PolicyDecoder {
    /// Reads `input` or `output`: a mapping, or `ignore`.
    mutating func phasePolicy(_ node: YAMLNode, phase: Phase) -> PhasePolicy {
        let what = "'\(phase.rawValue)'"
        guard isJudged(node, what, example: "{others: {threshold: 0.8, action: log}}") else { return PhasePolicy() }
        let fields = fields(of: node, what, known: PolicyKeys.phase)
        var policy = PhasePolicy()
        if let roles = fields["roles"] { policy.roles = choices(roles, "'roles'", each: "role") ?? policy.roles }
        if let media = fields["media"] { policy.media = choice(media, "media") ?? policy.media }
        let defaults = fields["defaults"].map { options($0, "'defaults'", phase: phase) } ?? CategoryPatch()
        if let anomaly = fields["anomaly"] { policy.anomaly = anomalyPolicy(anomaly) }
        if let overall = fields["overall"] {
            policy.overall = overallOptions(overall, phase: phase)?.applied(toOverall: nil)
        }
        let named = fields["categories"].map { categories($0, defaults: defaults, phase: phase) } ?? [:]
        for (category, entry) in named { policy.categories[category] = entry }

        let unnamed = HarmCategory.allCases.filter { named[$0] == nil }
        if let others = fields["others"] {
            if unnamed.isEmpty { note(others, "'others' has no effect: every category is named") }
            if let rest = categoryPolicy(others, "'others'", defaults: defaults, phase: phase) {
                for category in unnamed { policy.categories[category] = rest }
            }
        } else if !unnamed.isEmpty {
            // A file that names some categories and says nothing of the rest would leave them free without anybody
            // having decided so.
            note(
                fields["categories"] ?? node,
                "\(what) does not say what holds for \(Self.enumeration(of: unnamed))",
                hint:
                    "name them, or put 'others: ignore' or 'others: {threshold: ..., action: ...}' beside 'categories'"
            )
        }
        return policy
    }

    /// Reads `overall`: a threshold alone, or with an action of its own. `defaults` is about categories and says nothing
    /// here: an action that came from it would override what each category says.
    ///
    /// - Returns: nil if it is ignored.
    mutating func overallOptions(_ node: YAMLNode, phase: Phase) -> CategoryPatch? {
        guard isJudged(node, "'overall'", example: "{threshold: 0.8, action: block}") else { return nil }
        var options = options(node, "'overall'", phase: phase)
        if options.action == nil, case .mapping(let entries) = node.content {
            for entry in entries where entry.name != "threshold" && PolicyKeys.category.contains(entry.name) {
                note(
                    entry.key,
                    "'\(entry.name)' has no effect in 'overall' without 'action'",
                    hint: "give it an action, or leave it out: the likeliest category says what is done"
                )
            }
        }
        if options.threshold == nil { note(node, "'overall' has no 'threshold'") }
        checkSteering(node, "'overall'", options, phase: phase)
        checkSample(node, "'overall'", options.sample, action: options.action)
        options.threshold = options.threshold ?? 1
        return options
    }

    /// Whether the node is a mapping, and not the word that says: scored, but not judged.
    mutating func isJudged(_ node: YAMLNode, _ what: String, example: String) -> Bool {
        switch node.content {
        case .mapping: return true
        case .refused, .scalar("ignore", isPlain: true): return false
        case .scalar, .sequence:
            note(node, "\(what) must be a mapping or 'ignore', not \(node.kind)", hint: "for example \(example)")
            return false
        }
    }

    /// The first few by name.
    private static func enumeration(of categories: [HarmCategory]) -> String {
        let named = categories.prefix(4).map(\.rawValue).joined(separator: ", ")
        return categories.count > 4 ? "\(named) and \(categories.count - 4) more" : named
    }

    /// - Returns: every category that is named, with nil for those that are ignored.
    private mutating func categories(
        _ node: YAMLNode,
        defaults: CategoryPatch,
        phase: Phase
    ) -> [HarmCategory: CategoryPolicy?] {
        let known = HarmCategory.allCases.map(\.rawValue)
        let fields = fields(of: node, "'categories'", known: known, noun: "category")
        var policies: [HarmCategory: CategoryPolicy?] = [:]
        for category in HarmCategory.allCases {
            guard let entry = fields[category.rawValue] else { continue }
            let policy = categoryPolicy(entry, "'\(category.rawValue)'", defaults: defaults, phase: phase)
            policies.updateValue(policy, forKey: category)
        }
        return policies
    }

    /// Reads what is done about one category: a mapping, or `ignore`.
    ///
    /// - Returns: nil if it is ignored.
    private mutating func categoryPolicy(
        _ node: YAMLNode,
        _ what: String,
        defaults: CategoryPatch,
        phase: Phase
    ) -> CategoryPolicy? {
        guard isJudged(node, what, example: "{threshold: 0.8, action: block}") else { return nil }
        let own = self.options(node, what, phase: phase)
        let options = own.over(defaults)
        if options.threshold == nil { note(node, "\(what) has no 'threshold'", hint: "give it here or in 'defaults'") }
        if options.action == nil { note(node, "\(what) has no 'action'", hint: "give it here or in 'defaults'") }
        checkSteering(node, what, options, phase: phase)
        // What 'defaults' says is for the categories that it is of use to.
        checkSample(node, what, own.sample, action: options.action)
        return CategoryPolicy(
            threshold: options.threshold ?? 1,
            action: options.action ?? .log,
            response: options.response ?? .generated,
            rewrite: options.rewrite ?? .steer(message: nil),
            failureMode: options.failureMode,
            sample: options.sample ?? 1,
            requiredRules: options.requiredRules ?? []
        )
    }

    /// An answer cannot be steered.
    mutating func checkSteering(_ node: YAMLNode, _ what: String, _ options: CategoryPatch, phase: Phase) {
        guard phase == .output, options.action == .rewrite else { return }
        if case .replace = options.rewrite { return }
        note(
            node,
            "\(what) cannot steer an answer that is already written",
            hint: "say what stands in its place, for example 'rewrite: {replace: \"[withheld]\"}'"
        )
    }

    /// Reads `threshold`, `action`, `response`, `rewrite`, `on_failure`. A value that is wrong is reported here and
    /// stands as if it had been given, so that it is not reported as missing too.
    mutating func options(_ node: YAMLNode, _ what: String, phase: Phase) -> CategoryPatch {
        let fields = fields(of: node, what, known: PolicyKeys.category)
        var options = CategoryPatch()
        if let node = fields["threshold"] { options.threshold = score(node, "threshold") ?? 1 }
        if let node = fields["action"] { options.action = choice(node, "action") ?? .log }
        if let node = fields["response"] { options.response = response(node) }
        if let node = fields["rewrite"] {
            options.rewrite = rewrite(node, allowed: [.steer, .replace]) ?? .replace(text: "")
        }
        if let node = fields["on_failure"] { options.failureMode = choice(node, "on_failure") ?? .closed }
        if let node = fields["sample"] { options.sample = score(node, "sample") ?? 1 }
        if let node = fields["requires"] {
            var names: [(node: YAMLNode, name: String)] = []
            for item in list(node, "'requires'") ?? [] {
                if let name = text(item, "a rule's id or tag") { names.append((item, name)) }
            }
            options.requiredRules = Set(names.map(\.name))
            requirements.append(Requirement(node: node, names: names, phase: phase))
        }
        return options
    }

    /// Only what is recorded can be recorded for some requests.
    mutating func checkSample(_ node: YAMLNode, _ what: String, _ sample: Double?, action: Action?) {
        guard sample != nil, let action, action != .log else { return }
        note(node, "'sample' has no effect on \(what), whose action is '\(action.rawValue)'", hint: "it is for 'log'")
    }

    /// Reads `anomaly`.
    ///
    /// - Returns: nil if it is ignored.
    mutating func anomalyPolicy(_ node: YAMLNode) -> AnomalyPolicy? {
        guard isJudged(node, "'anomaly'", example: "{threshold: 5, action: block}") else { return nil }
        let fields = fields(
            of: node,
            "'anomaly'",
            known: PolicyKeys.anomaly,
            required: PolicyKeys.anomalyRequired
        )
        var policy = AnomalyPolicy(threshold: 1, action: .log)
        if let node = fields["threshold"] { policy.threshold = whole(node, "threshold", in: 1...10_000) ?? 1 }
        if let node = fields["action"], let action: Action = choice(node, "action") {
            policy.action = action
            if action == .rewrite { note(node, "'anomaly' cannot rewrite: it is about all rules together") }
        }
        if let node = fields["response"] { policy.response = response(node) }
        return policy
    }
}
