import GuardCore
import Policy

/// Turns the tree of a policy file into a `Policy`.
///
/// It never stops at an error: each is noted, something harmless stands in for the wrong value, and the rest is read, so that
/// one run shows everything. A policy is only given out when there was no error. What the keys mean is documented in
/// `Policies/README.md`; each file `PolicyDecoder+...` reads one part of the language.
struct PolicyDecoder: YAMLDecoding {
    let packs: RulePackReader
    /// The file that is read, as diagnostics name it.
    let file: String
    var problems: [Problem] = []
    /// Whether a pack had errors of its own, so that what it would have held is not missed.
    var hasBrokenPack = false
    /// What categories require, which is known once all rules are.
    var requirements: [Requirement] = []

    /// Ids and tags of rules, of which one has to match for a category to be found in a phase.
    struct Requirement {
        var node: YAMLNode
        var names: [(node: YAMLNode, name: String)]
        var phase: Phase
    }

    /// The version of the language that this decoder reads.
    private static let version = "1"

    /// The levels of the OWASP Core Rule Set.
    static let paranoia = 1...4

    init(packs: RulePackReader, file: String) {
        self.packs = packs
        self.file = file
    }

    /// The policy without its digest; of no use if there are problems.
    mutating func policy(_ root: YAMLNode) -> Policy {
        let fields = fields(
            of: root,
            "a policy",
            known: PolicyKeys.policy,
            required: PolicyKeys.policyRequired
        )
        checkVersion(fields["version"])
        checkDefinitions(fields["definitions"])
        var policy = Policy(name: fields["name"].flatMap { name($0) } ?? "")
        if let node = fields["mode"] { policy.mode = choice(node, "mode") ?? .enforce }
        if let node = fields["input"] { policy.input = phasePolicy(node, phase: .input) }
        if let node = fields["output"] { policy.output = phasePolicy(node, phase: .output) }
        if let node = fields["stream"] {
            policy.stream = streamPatch(node, over: policy.stream).applied(to: policy.stream)
        }
        let included = fields["include"].map { includedRules($0) } ?? []
        let reach = RuleReach(root, of: policy)
        let all = fields["rules"].map { rules($0, after: included, in: reach) } ?? included
        let paranoia = fields["paranoia"].flatMap { whole($0, "paranoia", in: Self.paranoia) } ?? 1
        policy.rules = all.map(\.rule).filter { $0.paranoia <= paranoia }
        if let node = fields["exclude"] {
            let excluded = excludedRules(node, among: policy.rules)
            policy.rules.removeAll { excluded.contains($0.id) }
        }
        if let node = fields["overrides"] { policy.overrides = overrides(node, of: policy) }
        // Those that overrides name are among them.
        checkRequirements(among: policy.rules)
        return policy
    }

    mutating func checkVersion(_ node: YAMLNode?) {
        if let node, !node.isRefused, node.text != Self.version {
            note(node, "version must be \(Self.version), not \(node.kind)")
        }
    }

    /// `definitions` is a place for anchors: nothing reads what stands there but the aliases.
    mutating func checkDefinitions(_ node: YAMLNode?) {
        guard let node, !node.isRefused else { return }
        guard case .mapping = node.content else {
            let hint = "for example {low: &low {threshold: 0.5}}"
            note(node, "'definitions' must be a mapping, not \(node.kind)", hint: hint)
            return
        }
    }

    /// What a category requires has to be there, and some of it in its phase, or the category is never found.
    private mutating func checkRequirements(among rules: [Rule]) {
        guard !hasBrokenPack else { return }
        let known = rules.names()
        let matching = Dictionary(uniqueKeysWithValues: Phase.allCases.map { ($0, rules.names(in: $0)) })
        for requirement in requirements {
            let unknown = requirement.names.filter { !known.contains($0.name) }
            for (node, name) in unknown {
                let nearest = Suggestion.nearest(to: name, among: known.sorted()).map { "did you mean '\($0)'?" }
                noteOnce(Problem(node, "no rule has the id or tag '\(name.clipped)'", hint: nearest))
            }
            let phase = requirement.phase
            guard unknown.isEmpty, !requirement.names.isEmpty,
                matching[phase, default: []].isDisjoint(with: requirement.names.map(\.name))
            else { continue }
            noteOnce(
                Problem(
                    requirement.node,
                    "none of the rules that this requires is for '\(phase.rawValue)'",
                    hint: "it would never be found: add '\(phase.rawValue)' to the 'phases' of one, or require another"
                )
            )
        }
    }

    /// `others` of an override is read once for each category.
    private mutating func noteOnce(_ problem: Problem) {
        if !problems.contains(problem) { note(problem) }
    }

    /// Names go into log lines and headers: one short line.
    mutating func name(_ node: YAMLNode) -> String? {
        guard let name = text(node, "name") else { return nil }
        let isOneLine = name.unicodeScalars.allSatisfy(\.isPrintable)
        if name.count > 100 || !isOneLine { note(node, "name must be one line of at most 100 characters") }
        return name
    }
}

extension [Rule] {
    /// Ids and tags of the rules, or of those for one phase.
    func names(in phase: Phase? = nil) -> Set<String> {
        let rules = phase.map { phase in filter { $0.phases.contains(phase) } } ?? self
        return Set(rules.map(\.id)).union(rules.flatMap(\.tags))
    }
}
