import GuardCore
import Policy

/// Turns the tree of a policy file into a `Policy`.
///
/// It never stops at an error: each is noted, something harmless stands in for the wrong value, and the rest is read, so that
/// one run shows everything. A policy is only given out when there was no error. What the keys mean is documented in
/// `Policies/README.md`; each file `PolicyDecoder+...` reads one part of the language.
struct PolicyDecoder: YAMLDecoding {
    /// What is wrong with a regular expression, given its pattern and whether letter case is ignored; nil is nothing.
    let checkRegex: (String, Bool) -> String?
    var problems: [Problem] = []

    /// The version of the language that this decoder reads.
    private static let version = "1"

    init(checkRegex: @escaping (String, Bool) -> String?) {
        self.checkRegex = checkRegex
    }

    /// The policy without its digest; of no use if there are problems.
    mutating func policy(_ root: YAMLNode) -> Policy {
        let fields = fields(
            of: root,
            "a policy",
            known: PolicyKeys.policy,
            required: ["version", "name", "input", "output"]
        )
        if let node = fields["version"], !node.isRefused, node.text != Self.version {
            note(node, "version must be \(Self.version), not \(node.kind)")
        }
        var policy = Policy(name: fields["name"].flatMap { name($0) } ?? "")
        if let node = fields["mode"] { policy.mode = choice(node, "mode") ?? .enforce }
        if let node = fields["input"] { policy.input = phasePolicy(node, phase: .input) }
        if let node = fields["output"] { policy.output = phasePolicy(node, phase: .output) }
        if let node = fields["stream"] { policy.stream = streamPolicy(node) }
        if let node = fields["rules"] { policy.rules = rules(node, in: policy) }
        return policy
    }

    /// Names go into log lines and headers: one short line.
    private mutating func name(_ node: YAMLNode) -> String? {
        guard let name = text(node, "name") else { return nil }
        let isOneLine = name.unicodeScalars.allSatisfy(\.isPrintable)
        if name.count > 100 || !isOneLine { note(node, "name must be one line of at most 100 characters") }
        return name
    }
}
