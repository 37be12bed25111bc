import GuardCore
import Policy

extension PolicyDecoder {
    /// Reads the tree of a rule pack.
    mutating func pack(_ root: YAMLNode) -> [PlacedRule] {
        let fields = fields(of: root, "a rule pack", known: PolicyKeys.pack, required: PolicyKeys.packRequired)
        checkVersion(fields["version"])
        checkDefinitions(fields["definitions"])
        let included = fields["include"].map { includedRules($0) } ?? []
        return fields["rules"].map { rules($0, after: included, in: nil) } ?? included
    }

    /// Reads `include`: the rules of the packs, in order.
    mutating func includedRules(_ node: YAMLNode) -> [PlacedRule] {
        guard let items = list(node, "'include'") else { return [] }
        var rules: [PlacedRule] = []
        var places: [String: Int] = [:]
        var paths: Set<String> = []
        for item in items {
            guard let inclusion = inclusion(item) else { continue }
            let isNew = paths.insert(FilePath.canonical(inclusion.path)).inserted
            if !isNew { note(item, "this is included already") }
            var unchanged: String?
            for placed in inclusion.rules {
                if let twin = places[placed.rule.id].map({ rules[$0] }) {
                    // One that two ways lead to counts once, as the first of them has it.
                    if twin.file == placed.file, twin.line == placed.line {
                        let isSame = placed.said.applied(to: twin.rule) == twin.rule
                        unchanged = unchanged ?? (isSame ? nil : twin.rule.id)
                        continue
                    }
                    note(
                        item,
                        "the rule id '\(placed.rule.id)' of \(placed.file):\(placed.line) is taken",
                        hint: "\(twin.file):\(twin.line) has it"
                    )
                } else {
                    places[placed.rule.id] = rules.count
                    rules.append(placed)
                }
            }
            if let unchanged, isNew {
                note(
                    item,
                    "rule '\(unchanged)' is included before, and what this says of it does not count",
                    hint: "put this in front of what brings it in first, or choose other rules with 'only'"
                )
            }
        }
        return rules
    }

    /// Reads a path, or `{file: ..., only: [tag], action: block, response: template}`.
    private mutating func inclusion(_ node: YAMLNode) -> (path: String, rules: [PlacedRule])? {
        guard case .mapping = node.content else {
            return path(node).map { path in (path, packRules(path, at: node)) }
        }
        let fields = fields(
            of: node,
            "an inclusion",
            known: PolicyKeys.inclusion,
            required: PolicyKeys.inclusionRequired
        )
        guard let fileNode = fields["file"], let path = path(fileNode) else { return nil }
        var rules = packRules(path, at: fileNode)
        if let node = fields["only"], let chosen = selection(node, "'only'", among: rules.map(\.rule)) {
            rules.removeAll { !chosen.contains($0.rule.id) }
        }
        var change = RuleChange()
        if let node = fields["action"] { change.action = choice(node, "action") }
        if let node = fields["response"] { change.response = response(node) }
        if let node = fields["rewrite"] {
            change.rewrite = rewrite(node, allowed: RewriteKind.allCases)
            if case .steer = change.rewrite, let placed = rules.first(where: { $0.rule.phases.contains(.output) }) {
                note(
                    node,
                    "rule '\(placed.rule.id)' cannot steer an answer that is already written",
                    hint: "choose rules that are for 'input' alone with 'only', or use 'redact' or 'replace'"
                )
            }
        }
        for index in rules.indices {
            rules[index].rule = change.applied(to: rules[index].rule)
            rules[index].said = change.over(rules[index].said)
        }
        return (path, rules)
    }

    /// Packs are named from the file that includes them. Absolute paths and other kinds of files are refused, because
    /// a diagnostic shows lines of what was read.
    private mutating func path(_ node: YAMLNode) -> String? {
        guard let name = fileName(node, "a file") else { return nil }
        guard !name.hasPrefix("/"), name.hasSuffix(".yaml") || name.hasSuffix(".yml") else {
            note(node, "a rule pack is a .yaml file named from the folder of this one, not '\(name.clipped)'")
            return nil
        }
        return FilePath.resolve(name, from: file)
    }

    private mutating func packRules(_ path: String, at node: YAMLNode) -> [PlacedRule] {
        do throws(RulePackReader.Refusal) {
            return try packs.rules(ofPack: path)
        } catch {
            switch error {
            case .unreadable(let reason): note(node, "\(path): \(reason)")
            case .circle(let files): note(node, "the packs include each other: \(files.joined(separator: " -> "))")
            case .tooMany: note(node, "more than \(RulePackReader.limit) rule packs")
            case .invalid: hasBrokenPack = true
            }
            return []
        }
    }

    /// Reads a list of rules' ids and tags.
    ///
    /// - Returns: the ids of the rules that it names.
    mutating func selection(_ node: YAMLNode, _ what: String, among rules: [Rule]) -> Set<String>? {
        guard let items = list(node, what) else { return nil }
        var ids: Set<String> = []
        for item in items {
            guard let name = text(item, "a rule's id or tag") else { continue }
            let named = rules.filter { $0.id == name || $0.tags.contains(name) }
            if named.isEmpty, !hasBrokenPack {
                let known = rules.names().sorted()
                let nearest = Suggestion.nearest(to: name, among: known).map { "did you mean '\($0)'?" }
                note(item, "no rule has the id or tag '\(name.clipped)'", hint: nearest)
            }
            ids.formUnion(named.map(\.id))
        }
        return ids
    }
}

/// What an inclusion says of its rules in place of what they say themselves.
struct RuleChange {
    var action: Action?
    var response: ResponseStyle?
    var rewrite: RewriteMethod?

    func applied(to rule: Rule) -> Rule {
        var rule = rule
        rule.action = action ?? rule.action
        rule.response = response ?? rule.response
        rule.rewrite = rewrite ?? rule.rewrite
        return rule
    }

    /// This, and where it says nothing, that.
    func over(_ inner: RuleChange) -> RuleChange {
        RuleChange(
            action: action ?? inner.action,
            response: response ?? inner.response,
            rewrite: rewrite ?? inner.rewrite
        )
    }
}
